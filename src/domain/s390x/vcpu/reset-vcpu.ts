import { consult } from '../../vm/law/consult.js';
import type { Decider } from '../../vm/decider.js';
import { done, refused } from '../../vm/decision.js';

/**
 * KVM_S390_NORMAL_RESET, _INITIAL_RESET and _CLEAR_RESET (api.rst 4.122 to 4.124). The vCPU stops if the kernel controls that. Always
 * done, but for a protected vCPU whose ultravisor refuses: EINVAL then, after KVM's own part.
 */
export const resetVcpu: Decider<'reset_vcpu'> = (vm, { type, vcpu: id, reset, ultravisor }) => {
  const verdict = consult(vm, { type, vcpu: id });
  if (verdict.refused) return refused(verdict.refused);
  const facts = [{ type: 'vcpu_reset', vcpu: id, reset } as const, ...verdict.facts];
  const refuses = vm.vcpus.get(id)?.sida !== undefined && ultravisor?.refuse !== undefined;
  return refuses ? refused('EINVAL', facts) : done(facts);
};
