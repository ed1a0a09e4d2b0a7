import { consult } from '../../vm/law/consult.js';
import type { Decider } from '../../vm/decider.js';
import { done, refused } from '../../vm/decision.js';

/** KVM_S390_SET_INITIAL_PSW (kvm_arch_vcpu_ioctl_set_initial_psw). EFAULT without a PSW, EBUSY unless the vCPU is stopped. */
export const setInitialPsw: Decider<'set_initial_psw'> = (vm, { type, vcpu, psw }) => {
  const verdict = consult(vm, { type, vcpu, readable: psw !== undefined });
  if (verdict.refused) return refused(verdict.refused);
  return done([{ type: 'registers_set', vcpu, registers: { psw } }]);
};
