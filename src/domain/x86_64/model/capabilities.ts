import { type Capability, always } from '../../vm/capability.js';
import type { X86Vm } from '../../vm/state.js';

/** The bit of KVM_CAP_EXIT_HYPERCALL's argument that has MAP_GPA_RANGE answered by user space. */
export const EXIT_MAP_GPA_RANGE = 1n << 12n;

/** KVM_XEN_HVM_CONFIG_INTERCEPT_HCALL: hypercalls are Xen's. */
export const INTERCEPT_HCALL = 2n;

/** The same, and KVM_XEN_HVM_CONFIG_HYPERCALL_MSR. */
const XEN_FLAGS = 3n;

/** A capability of an x86_64 VM. */
interface X86Capability extends Capability<X86Vm> {
  /** What it can be enabled with, bit by bit, and what if nothing is said; absent if it cannot be enabled. */
  readonly enabling?: { readonly takes: bigint; readonly byDefault: bigint };
}

/**
 * Capabilities of an x86_64 VM that the model has something of (kvm_vm_ioctl_check_extension); of numbers that are not here
 * KVM_CHECK_EXTENSION is 0. `xen_hvm` and `hyperv` are enabled here where KVM has KVM_XEN_HVM_CONFIG and CPUID leaves.
 */
export const CAPABILITIES: readonly X86Capability[] = [
  { name: 'user_memory', number: 3, value: always(1) },
  { name: 'nr_vcpus', number: 9, value: always(1024) },
  { name: 'nr_memslots', number: 10, value: always(32764) },
  {
    name: 'xen_hvm',
    number: 38,
    value: always(Number(XEN_FLAGS)),
    enabling: { takes: XEN_FLAGS, byDefault: INTERCEPT_HCALL },
  },
  { name: 'hyperv', number: 44, value: always(1), enabling: { takes: 0n, byDefault: 0n } },
  { name: 'max_vcpus', number: 66, value: always(1024) },
  { name: 'readonly_mem', number: 81, value: always(1) },
  { name: 'max_vcpu_id', number: 128, value: always(4096) },
  { name: 'translate2', number: 239, value: always(1) },
  { name: 'enforce_pv_feature_cpuid', number: 190, value: always(1), enabling: { takes: 1n, byDefault: 1n } },
  {
    name: 'exit_hypercall',
    number: 201,
    value: always(Number(EXIT_MAP_GPA_RANGE)),
    enabling: { takes: EXIT_MAP_GPA_RANGE, byDefault: 0n },
  },
];

/** A capability that can be enabled. */
export interface Enabling {
  readonly name: string;
  readonly takes: bigint;
  readonly byDefault: bigint;
}

/** The capability of a name or number, if it can be enabled. */
export function enablingOf(key: string | number): Enabling | undefined {
  const found = CAPABILITIES.find(({ name, number }) => name === key || number === key);
  return found?.enabling && { name: found.name, ...found.enabling };
}
