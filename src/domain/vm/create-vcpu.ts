import { consult } from './consult.js';
import type { Decider } from './decider.js';
import { done, refused } from './decision.js';

/** KVM_CREATE_VCPU (api.rst 4.7; kvm_vm_ioctl_create_vcpu): all of it is the chart's, in the region vcpus. Reply: `id`. */
export const createVcpu: Decider<'create_vcpu'> = (vm, { type, id }) => {
  const verdict = consult(vm, { type, vcpu: id });
  return verdict.refused ? refused(verdict.refused) : done(verdict.facts, { id });
};
