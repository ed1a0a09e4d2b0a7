import { lawful } from '../vm/attribute.js';
import type { Decider } from '../vm/decider.js';
import type { Aarch64Vm } from '../vm/state.js';
import { capabilityOf } from './capabilities.js';

/**
 * KVM_ENABLE_CAP on the VM (kvm_vm_ioctl_enable_cap): what is checked in which order is the chart's. Reply: nothing. A
 * capability that is not known or cannot be enabled is EINVAL.
 */
export const enableCap: Decider<'enable_cap', Aarch64Vm> = (vm, { type, cap, flags, args }) => {
  const known = capabilityOf(cap);
  const fact = known?.enabling && { capability: known.name, facilities: [] };
  return lawful(vm, { type, flags, args, capability: cap, fact });
};
