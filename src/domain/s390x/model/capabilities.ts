import { type Capability, always } from '../../vm/capability.js';
import type { S390xVm } from '../../vm/state.js';
import { FACILITY } from './facilities.js';
import { machineOf } from './machine.js';

/** How KVM_ENABLE_CAP deals with a capability. */
export interface Enabling {
  /** EBUSY once a vCPU was created. */
  readonly beforeVcpus: boolean;
  /** EINVAL where this is false. */
  readonly offered: (vm: S390xVm) => boolean;
  /** EINVAL where the VM uses CMMA. */
  readonly largePages: boolean;
  /** Facilities that come into the guest's mask and list. */
  readonly facilities: (vm: S390xVm) => readonly number[];
}

/** A capability, and how it is enabled, if it can be. */
export interface S390xCapability extends Capability<S390xVm> {
  readonly enabling?: Enabling;
}

/** vCPUs of a VM with extended SCA. */
const SCA_SLOTS = 248;

const hostHas =
  (facility: number) =>
  ({ host }: S390xVm): boolean =>
    host.facilities.includes(facility);
const ifHostHas =
  (facility: number) =>
  (vm: S390xVm): number =>
    Number(hostHas(facility)(vm));
const ifProtectable = ({ host }: S390xVm): number => Number(host.protectedVirtualization);
const largePagesOffered = (vm: S390xVm): boolean => machineOf(vm.host).hpage && vm.vmType !== 'ucontrol';
const ifLargePages = (vm: S390xVm): number => Number(largePagesOffered(vm));

const none = (): readonly number[] => [];

const anyTime: Enabling = { beforeVcpus: false, offered: () => true, largePages: false, facilities: none };
const early: Enabling = { ...anyTime, beforeVcpus: true };
const withFacility = (facility: number): Enabling => ({
  ...early,
  offered: hostHas(facility),
  facilities: () => [facility],
});
const largePages: Enabling = { ...early, offered: largePagesOffered, largePages: true };

/** Facilities that come with the vector facility where the host has them. */
const WITH_VECTOR = [134, 135, 148, 152, 192, 198, 199];
const vector: Enabling = {
  ...withFacility(FACILITY.vector),
  facilities: (vm) => [FACILITY.vector, ...WITH_VECTOR.filter((facility) => hostHas(facility)(vm))],
};

/**
 * Every capability that an s390x VM answers otherwise than 0, and those that are known to be 0; of numbers that are not here
 * KVM_CHECK_EXTENSION is 0 (kvm_vm_ioctl_check_extension, kvm_vm_ioctl_enable_cap). The number of processors of the host is
 * not modelled: NR_VCPUS is what a VM can have. Interpretation of zPCI is not modelled.
 */
export const CAPABILITIES: readonly S390xCapability[] = [
  { name: 'nr_vcpus', number: 9, value: always(SCA_SLOTS) },
  { name: 's390_psw', number: 42, value: always(1) },
  { name: 'max_vcpus', number: 66, value: always(SCA_SLOTS) },
  { name: 'one_reg', number: 70, value: always(1) },
  { name: 's390_gmap', number: 71, value: always(1) },
  { name: 's390_ucontrol', number: 73, value: ({ host }) => Number(host.ucontrol) },
  { name: 'sync_regs', number: 74, value: always(1) },
  { name: 'readonly_mem', number: 81, value: always(0) },
  { name: 's390_css_support', number: 85, value: always(1) },
  { name: 's390_irqchip', number: 99, value: always(1), enabling: anyTime },
  { name: 'vm_attributes', number: 101, value: always(1) },
  { name: 's390_user_sigp', number: 106, value: always(1), enabling: anyTime },
  { name: 's390_vector_registers', number: 107, value: ifHostHas(FACILITY.vector), enabling: vector },
  { name: 's390_mem_op', number: 108, value: always(65536) },
  { name: 's390_user_stsi', number: 109, value: always(1), enabling: anyTime },
  { name: 's390_skeys', number: 110, value: always(1) },
  { name: 's390_inject_irq', number: 113, value: always(1) },
  { name: 's390_irq_state', number: 114, value: always(1) },
  {
    name: 's390_ri',
    number: 124,
    value: ifHostHas(FACILITY.runtimeInstrumentation),
    enabling: withFacility(FACILITY.runtimeInstrumentation),
  },
  { name: 'max_vcpu_id', number: 128, value: always(SCA_SLOTS) },
  { name: 's390_user_instr0', number: 130, value: always(1), enabling: anyTime },
  { name: 'immediate_exit', number: 136, value: always(1) },
  {
    name: 's390_gs',
    number: 140,
    value: ifHostHas(FACILITY.guardedStorage),
    enabling: withFacility(FACILITY.guardedStorage),
  },
  {
    name: 's390_ais',
    number: 141,
    value: always(1),
    enabling: { ...early, facilities: () => [FACILITY.adapterInterruptionSuppression] },
  },
  { name: 's390_cmma_migration', number: 145, value: always(1) },
  { name: 's390_ais_migration', number: 150, value: always(1) },
  { name: 's390_bpb', number: 152, value: ifHostHas(FACILITY.branchPrediction) },
  { name: 's390_hpage_1m', number: 156, value: ifLargePages, enabling: largePages },
  { name: 'manual_dirty_log_protect2', number: 168, value: always(0) },
  { name: 's390_vcpu_resets', number: 179, value: always(1) },
  { name: 's390_protected', number: 180, value: ifProtectable },
  { name: 's390_diag318', number: 186, value: always(1) },
  { name: 's390_mem_op_extension', number: 211, value: always(3) },
  { name: 's390_protected_dump', number: 217, value: ifProtectable },
  { name: 's390_zpci_op', number: 221, value: always(0) },
  {
    name: 's390_cpu_topology',
    number: 222,
    value: ifHostHas(FACILITY.configurationTopology),
    enabling: withFacility(FACILITY.configurationTopology),
  },
  {
    name: 's390_protected_async_disable',
    number: 224,
    value: (vm) => (vm.host.asyncDestroy === false ? 0 : ifProtectable(vm)),
  },
  { name: 'pre_fault_memory', number: 236, value: always(1) },
  { name: 's390_user_operexec', number: 246, value: always(1), enabling: anyTime },
  { name: 's390_keyop', number: 247, value: always(1) },
  { name: 's390_vsie_esamode', number: 248, value: always(1), enabling: anyTime },
  { name: 's390_hpage_2g', number: 249, value: ({ host }) => Number(machineOf(host).hpage), enabling: largePages },
];

const byKey = new Map<string | number, S390xCapability>(
  CAPABILITIES.flatMap((capability) => [
    [capability.name, capability],
    [capability.number, capability],
  ]),
);

/** The capability of a name or number, if the table has it. */
export const capabilityOf = (key: string | number): S390xCapability | undefined => byKey.get(key);
