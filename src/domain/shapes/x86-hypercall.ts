import { z } from 'zod';
import { commitment, hostTime } from './kvmi.js';
import { u32, u64 } from './scalars.js';
import { X86_GENERAL } from './x86-registers.js';

const general = z.strictObject(
  Object.fromEntries(X86_GENERAL.map((name) => [name, u64])) as Record<(typeof X86_GENERAL)[number], typeof u64>,
);

/**
 * A hypercall: `nr` goes to rax, `args` to rbx, rcx, rdx and rsi, `registers` where they belong, before the call. `mode` and
 * `cpl` are those of this call alone.
 */
export const hypercallFields = {
  nr: u64,
  args: z.array(u64).max(4).default([]),
  mode: z.union([z.literal(64), z.literal(32)], { error: 'must be 64 or 32' }).optional(),
  cpl: z.int().min(0).max(3).optional(),
  registers: general.partial().default({}),
};

/** VMCALL or VMMCALL on a vCPU. `time` and `token` are facts: the host's clock, and the commitment to the token that MEM_MAP presents. */
export const hypercall = z.strictObject({
  type: z.literal('x86_hypercall'),
  vcpu: u32,
  ...hypercallFields,
  time: hostTime.optional(),
  token: commitment.optional(),
});
