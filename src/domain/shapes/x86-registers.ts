import { z } from 'zod';
import { u32, u64 } from './scalars.js';

/** The general registers, in the order of their numbers (SDM volume 2, table 3-1), as struct kvm_regs names them. */
export const X86_GENERAL = [
  'rax',
  'rcx',
  'rdx',
  'rbx',
  'rsp',
  'rbp',
  'rsi',
  'rdi',
  'r8',
  'r9',
  'r10',
  'r11',
  'r12',
  'r13',
  'r14',
  'r15',
] as const;

export type X86General = (typeof X86_GENERAL)[number];

const general = Object.fromEntries(X86_GENERAL.map((name) => [name, u64])) as Record<X86General, typeof u64>;

const bit = z.union([z.literal(0), z.literal(1)], { error: 'must be 0 or 1' });

/** Any subset of an x86_64 vCPU's registers (contract, shapes). */
export const x86Registers = z
  .strictObject({
    cr0: u64,
    cr2: u64,
    cr3: u64,
    cr4: u64,
    efer: u64,
    rflags: u64,
    pkru: u32,
    rip: u64,
    cs: z.strictObject({ l: bit, db: bit, dpl: z.int().min(0).max(3) }).partial(),
    ...general,
    apicId: u32,
  })
  .partial()
  .meta({ id: 'X86Registers' });

export type X86RegisterChanges = z.output<typeof x86Registers>;

/** A change of an x86_64 vCPU's registers by user space; effective at once. */
export const setX86Registers = z.strictObject({
  type: z.literal('set_x86_registers'),
  vcpu: u32,
  registers: x86Registers,
});
