import type { Decider } from '../../vm/decider.js';
import { lawful } from '../../vm/attribute.js';
import { capabilityOf } from './capabilities.js';

/**
 * KVM_ENABLE_CAP on the VM (kvm_vm_ioctl_enable_cap): what is checked in which order is the chart's. Reply: nothing. A
 * capability that is not known or cannot be enabled is EINVAL.
 */
export const enableCap: Decider<'enable_cap'> = (vm, { type, cap, flags }) => {
  const known = capabilityOf(cap);
  const fact = known?.enabling && { capability: known.name, facilities: [...known.enabling.facilities(vm)] };
  return lawful(vm, { type, flags, capability: cap, fact });
};
