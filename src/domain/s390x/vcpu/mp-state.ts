import { MP_STATES } from '../../shapes/s390x-vcpu.js';
import { consult } from '../../vm/law/consult.js';
import type { Decider } from '../../vm/decider.js';
import { done, refused } from '../../vm/decision.js';
import { documented } from '../../vm/semantics.js';

/**
 * KVM_GET_MP_STATE (api.rst 4.38; kvm_arch_vcpu_ioctl_get_mpstate). By the documents `ret` is 0 and `mpState` the state; the
 * kernel answers the state's number as `ret` and no state. ENOENT: no such vCPU.
 */
export const getMpState: Decider<'get_mp_state'> = (vm, { type, vcpu: id }) => {
  const verdict = consult(vm, { type, vcpu: id });
  const vcpu = vm.vcpus.get(id);
  if (verdict.refused) return refused(verdict.refused);
  if (vcpu === undefined) return refused('ENOENT');
  const { mpState } = vcpu;
  return documented(vm, 'mpStateResult') ? done([], { mpState }) : done([], {}, MP_STATES[mpState]);
};

/**
 * KVM_SET_MP_STATE (api.rst 4.39; kvm_arch_vcpu_ioctl_set_mpstate). From the first one on, also one that fails, user space alone starts
 * and stops vCPUs. ENXIO for states that s390 does not have, and for `load` of a vCPU that is not protected; EINVAL if the
 * ultravisor refuses.
 */
export const setMpState: Decider<'set_mp_state'> = (vm, { type, vcpu, mpState, ultravisor }) => {
  if (!vm.vcpus.has(vcpu)) return refused('ENOENT');
  const control = consult(vm, { type: 'take_cpu_state_control' });
  if (control.refused) return refused(control.refused);
  const ultravisorRefuses = ultravisor?.refuse !== undefined;
  const verdict = consult(vm, { type, vcpu, mpState, ultravisorRefuses });
  if (verdict.refused) return refused(verdict.refused, control.facts);
  return done([...control.facts, ...verdict.facts]);
};
