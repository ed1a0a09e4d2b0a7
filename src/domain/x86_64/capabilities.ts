import { type Capability, always } from '../vm/capability.js';
import type { X86Vm } from '../vm/state.js';

/**
 * Capabilities of an x86_64 VM that the model has something of (kvm_vm_ioctl_check_extension); of numbers that are not here
 * KVM_CHECK_EXTENSION is 0.
 */
export const CAPABILITIES: readonly Capability<X86Vm>[] = [
  { name: 'user_memory', number: 3, value: always(1) },
  { name: 'nr_vcpus', number: 9, value: always(1024) },
  { name: 'nr_memslots', number: 10, value: always(32764) },
  { name: 'max_vcpus', number: 66, value: always(1024) },
  { name: 'readonly_mem', number: 81, value: always(1) },
  { name: 'max_vcpu_id', number: 128, value: always(4096) },
  { name: 'translate2', number: 239, value: always(1) },
];
