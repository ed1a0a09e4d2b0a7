import { type Capability, always } from '../vm/capability.js';
import type { Aarch64Vm } from '../vm/state.js';

/**
 * Capabilities of an aarch64 VM that the model has something of (kvm_vm_ioctl_check_extension); of numbers that are not here
 * KVM_CHECK_EXTENSION is 0.
 */
export const CAPABILITIES: readonly Capability<Aarch64Vm>[] = [
  { name: 'user_memory', number: 3, value: always(1) },
  { name: 'nr_vcpus', number: 9, value: always(512) },
  { name: 'nr_memslots', number: 10, value: always(32767) },
  { name: 'max_vcpus', number: 66, value: always(512) },
  { name: 'one_reg', number: 70, value: always(1) },
  { name: 'readonly_mem', number: 81, value: always(1) },
  { name: 'vm_attributes', number: 101, value: always(1) },
  { name: 'max_vcpu_id', number: 128, value: always(512) },
];
