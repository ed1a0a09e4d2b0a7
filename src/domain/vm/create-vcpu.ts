import { consult } from './law/consult.js';
import type { Decider } from './decider.js';
import { done, refused } from './decision.js';
import type { Vm } from './state.js';

/** KVM_CREATE_VCPU (api.rst 4.7; kvm_vm_ioctl_create_vcpu): all of it is the chart's, in the region vcpus. Reply: `id`. */
export const createVcpu: Decider<'create_vcpu', Vm> = (vm, { type, id, ultravisor }) => {
  const verdict = consult(vm, { type, vcpu: id, ultravisorRefuses: ultravisor?.refuse !== undefined });
  return verdict.refused ? refused(verdict.refused) : done(verdict.facts, { id });
};
