import { z } from 'zod';
import { abiEnum, u16, u32, u64 } from './scalars.js';

/**
 * Interruption types of struct kvm_s390_interrupt on a VM by ABI number (linux/kvm.h, KVM_S390_*). `int_io` is the first of
 * the I/O types, which tell adapter, subchannel and its set; up to `IO_TYPE_MAX` all numbers are such.
 */
export const FLOATING_TYPES = {
  int_io: 0,
  pfault_done: 0xfffe0005,
  mchk: 0xfffe1000,
  int_service: 0xffff2401,
  int_virtio: 0xffff2603,
} as const;

/** KVM_S390_INT_IO_MAX. */
export const IO_TYPE_MAX = 0xfffdffff;

/** struct kvm_s390_interrupt: what `parm` and `parm64` are depends on the type. */
export const floatingRequest = z
  .strictObject({ type: abiEnum(FLOATING_TYPES), parm: u32.default(0), parm64: u64.default(0n) })
  .meta({ id: 'S390xFloatingInterrupt' });

export type FloatingRequest = z.output<typeof floatingRequest>;

const waiting = <Type extends keyof typeof FLOATING_TYPES, Fields extends z.ZodRawShape>(type: Type, fields: Fields) =>
  z.strictObject({ type: z.literal(type), ...fields });

/** An interruption that waits for whichever vCPU of the VM can take it. */
export const floatingInterrupt = z.discriminatedUnion('type', [
  /** `sccb`: an answer waits; `event`: so does an event, whose bits of `extParams` are the last two. */
  waiting('int_service', { extParams: u32, sccb: z.boolean(), event: z.boolean() }),
  waiting('int_virtio', { extParams: u32, extParams2: u64 }),
  waiting('pfault_done', { extParams2: u64 }),
  waiting('mchk', { cr14: u64, mcic: u64 }),
  waiting('int_io', { adapter: z.boolean(), subchannelId: u16, subchannelNr: u16, ioIntParm: u32, ioIntWord: u32 }),
]);

export type FloatingInterrupt = z.output<typeof floatingInterrupt>;

export type FloatingOf<Type extends FloatingInterrupt['type']> = Extract<FloatingInterrupt, { readonly type: Type }>;

/** KVM_S390_INTERRUPT on a VM; no `irq` is a bad address. */
export const injectVmIrq = z.strictObject({ type: z.literal('inject_vm_irq'), irq: floatingRequest.optional() });
