import { z } from 'zod';
import { hex } from './output.js';

/** KVM_EXIT_HYPERCALL. */
const hypercall = z.strictObject({
  reason: z.literal('hypercall'),
  number: z.literal(3),
  nr: hex,
  args: z.array(hex).length(6),
  ret: hex,
  flags: hex.meta({
    description: 'aarch64: bit 0 for SMC, bit 1 for a 16-bit instruction; x86_64: bit 0 for 64-bit code',
  }),
});

/** KVM_EXIT_SYSTEM_EVENT. */
const systemEvent = z.strictObject({
  reason: z.literal('system_event'),
  number: z.literal(24),
  type: z.int().meta({ description: 'KVM_SYSTEM_EVENT_*: 1 shutdown, 2 reset, 5 suspend' }),
  flags: hex
    .optional()
    .meta({ description: '0x1: asked for by SYSTEM_RESET2 or SYSTEM_OFF2; absent if there are none' }),
});

/** KVM_EXIT_MMIO. */
const mmio = z.strictObject({
  reason: z.literal('mmio'),
  number: z.literal(6),
  physAddr: hex,
  length: z.int(),
  isWrite: z.boolean(),
});

/** KVM_EXIT_SHUTDOWN. */
const shutdown = z.strictObject({ reason: z.literal('shutdown'), number: z.literal(8) });

/** KVM_EXIT_INTERNAL_ERROR. */
const internalError = z.strictObject({
  reason: z.literal('internal_error'),
  number: z.literal(17),
  suberror: z.int().meta({ description: '1: emulation failed' }),
});

/** KVM_EXIT_XEN. */
const xen = z.strictObject({
  reason: z.literal('xen'),
  number: z.literal(34),
  type: z.literal('hcall'),
  longMode: z.int(),
  cpl: z.int(),
  input: hex,
  params: z.array(hex).length(6),
  result: hex,
});

/** KVM_EXIT_HYPERV. */
const hyperv = z.strictObject({
  reason: z.literal('hyperv'),
  number: z.literal(27),
  type: z.literal('hcall'),
  input: hex,
  params: z.array(hex).length(2),
  result: hex,
});

/** Why KVM_RUN returned to user space, where it did: by name and number, and what struct kvm_run says of it. */
export const exitShape = z
  .discriminatedUnion('reason', [hypercall, systemEvent, mmio, shutdown, internalError, xen, hyperv])
  .meta({ id: 'Exit' });
