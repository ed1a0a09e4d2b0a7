import type { FloatingInterrupt } from '../../shapes/s390x-floating.js';
import type { Errno } from '../../errno.js';
import type { Event } from '../facts/event.js';
import type { AttributeEvent } from './law-attributes.js';
import type { ClearDirtyLogRequest } from './law-common.js';
import type { VcpuLawEvent } from './law-vcpu.js';
import type { Aarch64LawEvent } from './law-aarch64.js';
import type { X86LawEvent } from './law-x86.js';

/** What the statechart says to a command: refuse it with an errno, or go ahead and record these facts. */
export type Verdict = { readonly refused: Errno } | { readonly refused?: undefined; readonly facts: readonly Event[] };

/** What is done with memory and registers: often, and the answer depends on the configuration and the memory slots alone. */
export const DATA_PLANE = [
  'write_memory',
  'read_memory',
  'vm_mem_op',
  'vm_mem_op_batch',
  'vcpu_mem_op',
  'vcpu_mem_op_batch',
  'sida_op',
  'translate',
  'set_registers',
  'get_device_attr',
  'has_device_attr',
  's390_guest',
  'unprotected_vcpu_mem_op',
  'unprotected_sida_op',
] as const;

/** KVM_S390_PV_COMMAND and KVM_S390_PV_CPU_COMMAND by command and, for dumps, subcommand. */
export const PV_COMMANDS = [
  'pv_enable',
  'pv_disable',
  'pv_set_sec_parms',
  'pv_unpack',
  'pv_verify',
  'pv_prep_reset',
  'pv_unshare_all',
  'pv_info',
  'pv_dump_init',
  'pv_dump_config_stor_state',
  'pv_dump_complete',
  'pv_async_cleanup_prepare',
  'pv_async_cleanup_perform',
  'pv_cpu_dump',
] as const;

/** Parts of commands of protected virtualization: host and VM are asked for first, and the end comes in two halves. */
export const PV_STEPS = ['pv_on_host', 'pv_protected', 'pv_disable_vcpus', 'pv_async_cleanup_prepare_vcpus'] as const;

/** Commands that may change the configuration, and need no arguments for it. */
export const PLAIN = [
  'destroy_vm',
  'enable_cmma',
  'clear_cmma',
  'migration_start',
  'migration_stop',
  'enable_skeys',
  'essa',
  'take_cpu_state_control',
] as const;

export type DataPlaneEvent = (typeof DATA_PLANE)[number];

export type PvEvent = (typeof PV_COMMANDS)[number];

/** A command whose type says all, but for whether the ultravisor was told to refuse. */
export interface PlainLawEvent {
  readonly type: DataPlaneEvent | PvEvent | (typeof PV_STEPS)[number] | (typeof PLAIN)[number];
  readonly ultravisorRefuses?: boolean;
}

/** What is asked of the law of an s390x VM: commands as the statechart's events, with the arguments that its guards look at. */
export type S390xLawEvent =
  | PlainLawEvent
  | { readonly type: 'create_vcpu'; readonly vcpu: number; readonly ultravisorRefuses?: boolean }
  | VcpuLawEvent
  | MemslotRequest
  | ClearDirtyLogRequest
  | MarksRequest
  /** `known`: whether there is such an operation. */
  | { readonly type: 's390_keyop'; readonly known: boolean }
  | AttributeEvent
  /** `floating`: what waits then, if a VM can have it. */
  | { readonly type: 'inject_vm_irq'; readonly readable: boolean; readonly floating?: FloatingInterrupt | undefined }
  | { readonly type: 'get_dirty_log'; readonly slot: number }
  /** `limit` in bytes as MEM_LIMIT_SIZE rounds it; absent if the payload cannot be read. */
  | { readonly type: 'limit_mem_size'; readonly limit?: bigint };

/** What is asked of the law of a VM. */
export type LawEvent = S390xLawEvent | X86LawEvent | Aarch64LawEvent;

/** A reading or setting of the storage keys or CMMA states of many pages. */
export interface MarksRequest {
  readonly type: 's390_get_skeys' | 's390_set_skeys' | 's390_get_cmma_bits' | 's390_set_cmma_bits';
  /** Whether the flags are all known. */
  readonly flagsKnown: boolean;
  /** Pages. */
  readonly count: bigint;
  /** Whether CMMA states are looked at without being collected. */
  readonly peek?: boolean;
  /** Whether what is to be set can be read. */
  readonly readable?: boolean;
}

/** A change of memory slots that is in order by itself. */
export interface MemslotRequest {
  readonly type: 'set_user_memory_region';
  readonly kind: 'create' | 'move' | 'flags' | 'delete';
  /** Whether the slot will log dirty pages. */
  readonly logs: boolean;
  /** The guest frame after the slot's last one. */
  readonly end: number;
}
