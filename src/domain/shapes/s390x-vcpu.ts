import { z } from 'zod';
import { abiEnum, u32, u64 } from './scalars.js';
import { ultravisor as ultravisorShape } from './ultravisor.js';

/** KVM_MP_STATE_* that exist on s390, by ABI number. */
export const MP_STATES = { stopped: 5, check_stop: 6, operating: 7, load: 8 } as const;

/** Kinds of reset; each does what the one before it does (KVM_S390_NORMAL_RESET, _INITIAL_RESET, _CLEAR_RESET). */
export const RESETS = ['normal', 'initial', 'clear'] as const;

export type Reset = (typeof RESETS)[number];

const onVcpu = <Type extends string, Fields extends z.ZodRawShape>(type: Type, fields: Fields) =>
  z.strictObject({ type: z.literal(type), vcpu: u32, ...fields });

/** What the ultravisor of a protected VM is to answer; it accepts unless it is told to refuse. */
const ultravisor = ultravisorShape.optional();

/** KVM_GET_MP_STATE. */
export const getMpState = onVcpu('get_mp_state', {});

/** KVM_MP_STATE_* that other architectures have. A number stays a number here: what a state is is the machine's business. */
const OTHER_MP_STATES = [
  'runnable',
  'uninitialized',
  'init_received',
  'halted',
  'sipi_received',
  'ap_reset_hold',
  'suspended',
] as const;

const mpState = z.union([abiEnum(MP_STATES), z.enum(OTHER_MP_STATES)], {
  error: `must be one of ${[...Object.keys(MP_STATES), ...OTHER_MP_STATES].join(', ')}, or a number`,
});

/** KVM_SET_MP_STATE. */
export const setMpState = onVcpu('set_mp_state', { mpState, ultravisor });

/** KVM_RUN: `immediateExit`, `validRegs` and `dirtyRegs` as in struct kvm_run. */
export const runVcpu = onVcpu('run_vcpu', {
  immediateExit: z.boolean().optional(),
  validRegs: u64.optional(),
  dirtyRegs: u64.optional(),
  /** What user space answers to a hypercall exit. */
  hypercall: z.strictObject({ ret: u64 }).optional(),
});

/** KVM_S390_NORMAL_RESET, _INITIAL_RESET and _CLEAR_RESET. */
export const resetVcpu = onVcpu('reset_vcpu', { reset: z.enum(RESETS), ultravisor });

/** KVM_S390_SET_INITIAL_PSW; without `psw` a bad address. */
export const setInitialPsw = onVcpu('set_initial_psw', {
  psw: z.strictObject({ mask: u64, addr: u64 }).optional(),
});

/** KVM_S390_STORE_STATUS: an absolute address, or -1 or -2 as 64 bits. */
export const storeStatus = onVcpu('store_status', { addr: u64 });

/** KVM_GET_ONE_REG. */
export const getOneReg = onVcpu('get_one_reg', { id: u64 });

/** KVM_SET_ONE_REG; without `value` a bad address. */
export const setOneReg = onVcpu('set_one_reg', { id: u64, value: u64.optional() });

/** KVM_PRE_FAULT_MEMORY. */
export const preFaultMemory = onVcpu('pre_fault_memory', { gpa: u64, size: u64, flags: u64.default(0n) });

/** KVM_S390_VCPU_FAULT. */
export const vcpuFault = onVcpu('vcpu_fault', { addr: u64 });

/** struct kvm_s390_ucas_mapping: `length` bytes at `vcpuAddr` of the guest are those at `userAddr` of the VMM. */
export const ucasMapping = z.strictObject({ userAddr: u64, vcpuAddr: u64, length: u64 });

export type UcasMapping = z.output<typeof ucasMapping>;

/** KVM_S390_UCAS_MAP; without `mapping` a bad address. */
export const ucasMap = onVcpu('ucas_map', { mapping: ucasMapping.optional() });

/** KVM_S390_UCAS_UNMAP. */
export const ucasUnmap = onVcpu('ucas_unmap', { mapping: ucasMapping.optional() });
