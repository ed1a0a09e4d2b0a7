import { type Capability, always } from '../vm/capability.js';
import type { Aarch64Vm } from '../vm/state.js';

/** A capability, and whether KVM_ENABLE_CAP takes it with such arguments; absent for one that cannot be enabled. */
export interface Aarch64Capability extends Capability<Aarch64Vm> {
  readonly enabling?: (args: readonly bigint[]) => boolean;
}

/** vCPUs that a GICv3 serves (VGIC_V3_MAX_CPUS). */
const MAX_VCPUS = 512;

const withAnything = (): boolean => true;

/** Nanoseconds to poll before a vCPU that waits is scheduled out: 32 bits (kvm_vm_ioctl_enable_cap_generic). */
const fitsHaltPoll = ([most = 0n]: readonly bigint[]): boolean => most < 1n << 32n;

/**
 * Every capability that an aarch64 VM answers otherwise than 0, and VM_ATTRIBUTES, which is 0 although the VM has one
 * (kvm_vm_ioctl_check_extension, kvm_vm_ioctl_check_extension_generic, kvm_vm_ioctl_enable_cap). The machine is one with
 * Armv9 processors and a GICv3, without MTE and 32-bit EL1. The number of its processors is not modelled: NR_VCPUS is what a
 * VM can have. Manual dirty logs, dirty rings and eager splitting of huge pages are not modelled.
 */
export const CAPABILITIES: readonly Aarch64Capability[] = [
  { name: 'irqchip', number: 0, value: always(1) },
  { name: 'user_memory', number: 3, value: always(1) },
  { name: 'nr_vcpus', number: 9, value: always(MAX_VCPUS) },
  { name: 'nr_memslots', number: 10, value: always(32767) },
  { name: 'mp_state', number: 14, value: always(1) },
  { name: 'coalesced_mmio', number: 15, value: always(1) },
  { name: 'sync_mmu', number: 16, value: always(1) },
  { name: 'destroy_memory_region_works', number: 21, value: always(1) },
  { name: 'set_guest_debug', number: 23, value: always(1) },
  { name: 'irq_routing', number: 25, value: always(4096) },
  { name: 'join_memory_regions_works', number: 30, value: always(1) },
  { name: 'irqfd', number: 32, value: always(1) },
  { name: 'ioeventfd', number: 36, value: always(1) },
  { name: 'internal_error_data', number: 40, value: always(1) },
  { name: 'vcpu_events', number: 41, value: always(1) },
  { name: 'max_vcpus', number: 66, value: always(MAX_VCPUS) },
  { name: 'one_reg', number: 70, value: always(1) },
  { name: 'signal_msi', number: 77, value: always(1) },
  { name: 'readonly_mem', number: 81, value: always(1) },
  { name: 'irqfd_resample', number: 82, value: always(1) },
  { name: 'arm_psci', number: 87, value: always(1) },
  { name: 'arm_set_device_addr', number: 88, value: always(1) },
  { name: 'device_ctrl', number: 89, value: always(1) },
  { name: 'enable_cap_vm', number: 98, value: always(1) },
  { name: 'vm_attributes', number: 101, value: always(0) },
  { name: 'arm_psci_0_2', number: 102, value: always(1) },
  { name: 'check_extension_vm', number: 105, value: always(1) },
  { name: 'guest_debug_hw_bps', number: 119, value: always(6) },
  { name: 'guest_debug_hw_wps', number: 120, value: always(4) },
  { name: 'ioeventfd_any_length', number: 122, value: always(1) },
  { name: 'arm_pmu_v3', number: 126, value: always(1) },
  { name: 'vcpu_attributes', number: 127, value: always(1) },
  { name: 'max_vcpu_id', number: 128, value: always(MAX_VCPUS) },
  { name: 'immediate_exit', number: 136, value: always(1) },
  { name: 'arm_user_irq', number: 144, value: always(1) },
  { name: 'arm_inject_serror_esr', number: 158, value: always(1) },
  { name: 'coalesced_pio', number: 162, value: always(1) },
  { name: 'arm_vm_ipa_size', number: 165, value: always(48) },
  { name: 'arm_sve', number: 170, value: always(1) },
  { name: 'arm_ptrauth_address', number: 171, value: always(1) },
  { name: 'arm_ptrauth_generic', number: 172, value: always(1) },
  { name: 'arm_irq_line_layout_2', number: 174, value: always(1) },
  { name: 'arm_nisv_to_user', number: 177, value: always(1), enabling: withAnything },
  { name: 'arm_inject_ext_dabt', number: 178, value: always(1) },
  { name: 'halt_poll', number: 182, value: always(1), enabling: fitsHaltPoll },
  { name: 'steal_time', number: 187, value: ({ host }) => Number(host.stealTime) },
  { name: 'set_guest_debug2', number: 195, value: always(0x30003) },
  { name: 'ptp_kvm', number: 198, value: always(1) },
  { name: 'binary_stats_fd', number: 203, value: always(1) },
  { name: 'arm_system_suspend', number: 210, value: always(1), enabling: withAnything },
  { name: 'system_event_data', number: 215, value: always(1) },
  { name: 'counter_offset', number: 227, value: always(1) },
  { name: 'arm_supported_reg_mask_ranges', number: 230, value: always(1) },
  { name: 'user_memory2', number: 231, value: always(1) },
];

/** The capability of a name or number, if the table has it. */
export const capabilityOf = (key: string | number): Aarch64Capability | undefined =>
  CAPABILITIES.find(({ name, number }) => name === key || number === key);
