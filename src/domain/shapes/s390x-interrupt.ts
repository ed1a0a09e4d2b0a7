import { z } from 'zod';
import { abiEnum, flagSet, u16, u32, u64, u8 } from './scalars.js';

/** Interruption types of struct kvm_s390_irq by ABI number; those from `pfault_done` on are the VM's alone (linux/kvm.h, KVM_S390_*). */
export const IRQ_TYPES = {
  sigp_stop: 0xfffe0000,
  program_int: 0xfffe0001,
  sigp_set_prefix: 0xfffe0002,
  restart: 0xfffe0003,
  pfault_init: 0xfffe0004,
  mchk: 0xfffe1000,
  int_clock_comp: 0xffff1004,
  int_cpu_timer: 0xffff1005,
  int_emergency: 0xffff1201,
  int_external_call: 0xffff1202,
  pfault_done: 0xfffe0005,
  int_service: 0xffff2401,
  int_virtio: 0xffff2603,
} as const;

/** Flags of a stop interruption (KVM_S390_STOP_FLAG_*). */
export const STOP_FLAGS = { store_status: 1 } as const;

/** Bytes of struct kvm_s390_irq. */
export const IRQ_SIZE = 72;

/** Most bytes of KVM_S390_GET_IRQ_STATE and _SET_IRQ_STATE: one entry for each vCPU and 32 more (VCPU_IRQS_MAX_BUF). */
export const IRQ_STATE_MAX = IRQ_SIZE * (255 + 32);

/** The fixed logout area of a machine check: 16 bytes in hex. */
const logout = z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 lower-case hex digits');

const given = { bigint: u64.optional(), u32: u32.optional(), u16: u16.optional(), u8: u8.optional() };

const requested = {
  /** 64 bits in the ABI; one that no interruption has is the machine's to refuse. */
  type: z.union([abiEnum(IRQ_TYPES), u64]),
  /** program_int: the interruption code; int_emergency and int_external_call: the CPU that signals. */
  code: given.u16,
  /** sigp_set_prefix. */
  address: given.u32,
  /** sigp_stop: KVM_S390_STOP_FLAG_*; program_int: KVM_S390_PGM_FLAGS_*. */
  flags: flagSet(STOP_FLAGS, 32).optional(),
  transExcCode: given.bigint,
  excAccessId: given.u8,
  opAccessId: given.u8,
  dataExcCode: given.u32,
  monCode: given.bigint,
  monClassNr: given.u16,
  perCode: given.u8,
  perAtmid: given.u8,
  perAddress: given.bigint,
  perAccessId: given.u8,
  /** pfault_init: the token. */
  extParams2: given.bigint,
  cr14: given.bigint,
  mcic: given.bigint,
  failingStorageAddress: given.bigint,
  extDamageCode: given.u32,
  fixedLogout: logout.optional(),
};

/** One struct kvm_s390_irq: what is absent is 0, what the type has no use for is not looked at. */
export const irqRequest = z.strictObject(requested).meta({ id: 'S390xInterrupt' });

export type IrqRequest = z.output<typeof irqRequest>;

const local = <Type extends keyof typeof IRQ_TYPES, Fields extends z.ZodRawShape>(type: Type, fields: Fields) =>
  z.strictObject({ type: z.literal(type), ...fields });

/** A local interruption that waits on a vCPU, with the fields of its type. */
export const interrupt = z.discriminatedUnion('type', [
  local('program_int', {
    code: u16,
    transExcCode: u64,
    excAccessId: u8,
    opAccessId: given.u8,
    dataExcCode: given.u32,
    monCode: given.bigint,
    monClassNr: given.u16,
    perCode: given.u8,
    perAtmid: given.u8,
    perAddress: given.bigint,
    perAccessId: given.u8,
    flags: given.u8,
  }),
  local('sigp_stop', { flags: flagSet(STOP_FLAGS, 32) }),
  local('sigp_set_prefix', { address: u32 }),
  local('restart', {}),
  local('pfault_init', { extParams2: u64 }),
  local('mchk', {
    cr14: u64,
    mcic: u64,
    failingStorageAddress: u64,
    extDamageCode: u32,
    fixedLogout: logout,
  }),
  local('int_clock_comp', {}),
  local('int_cpu_timer', {}),
  local('int_emergency', { code: u16 }),
  local('int_external_call', { code: u16 }),
]);

export type Interrupt = z.output<typeof interrupt>;

export type InterruptType = Interrupt['type'];

export type InterruptOf<Type extends InterruptType> = Extract<Interrupt, { readonly type: Type }>;

/** KVM_S390_IRQ on a vCPU. */
export const injectIrq = z.strictObject({ type: z.literal('inject_irq'), vcpu: u32, irq: irqRequest });

/** KVM_S390_GET_IRQ_STATE; `len` is the size of the buffer in bytes. */
export const getIrqState = z.strictObject({
  type: z.literal('get_irq_state'),
  vcpu: u32,
  len: u32.default(IRQ_STATE_MAX),
});

/** Most entries that a request for KVM_S390_SET_IRQ_STATE may have. */
export const IRQ_STATE_ENTRIES_MAX = 1024;

/** KVM_S390_SET_IRQ_STATE; no `interrupts` is a bad buffer, no `len` the size of what is there. */
export const setIrqState = z.strictObject({
  type: z.literal('set_irq_state'),
  vcpu: u32,
  interrupts: z.array(irqRequest).max(IRQ_STATE_ENTRIES_MAX).optional(),
  len: u32.optional(),
});
