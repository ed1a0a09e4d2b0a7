import { X86_MP_STATES, type X86MpState } from '../../shapes/x86-mp-state.js';
import { consult } from '../../vm/law/consult.js';
import type { Decider } from '../../vm/decider.js';
import { done, refused } from '../../vm/decision.js';
import type { X86Vm } from '../../vm/state.js';

const BY_NUMBER = new Map<number | string, X86MpState>(
  Object.entries(X86_MP_STATES).flatMap(([name, number]) => [
    [name, name as X86MpState],
    [number, name as X86MpState],
  ]),
);

/** KVM_GET_MP_STATE (kvm_arch_vcpu_ioctl_get_mpstate). Reply: `mpState`. ENOENT: no such vCPU; EBUSY: it waits for a reply. */
export const getX86MpState: Decider<'get_mp_state', X86Vm> = (vm, { type, vcpu: id }) => {
  const verdict = consult(vm, { type, vcpu: id });
  if (verdict.refused) return refused(verdict.refused);
  return done([], { mpState: vm.vcpus.get(id)?.mpState });
};

/** KVM_SET_MP_STATE (kvm_arch_vcpu_ioctl_set_mpstate). EINVAL for a state that x86 does not have. */
export const setX86MpState: Decider<'set_mp_state', X86Vm> = (vm, { type, vcpu, mpState }) => {
  const name = BY_NUMBER.get(mpState);
  const verdict = consult(vm, { type, vcpu, fact: name && { vcpu, mpState: name } });
  return verdict.refused ? refused(verdict.refused) : done(verdict.facts);
};
