import { AARCH64_MP_STATES, AARCH64_MP_STATE_NAMES, type Aarch64MpState } from '../shapes/aarch64-vcpu.js';
import { consult } from '../vm/law/consult.js';
import type { Decider } from '../vm/decider.js';
import { done, refused } from '../vm/decision.js';
import type { Aarch64Vm } from '../vm/state.js';

/** KVM_GET_MP_STATE (kvm_arch_vcpu_ioctl_get_mpstate). Reply: `mpState`. ENOENT: no such vCPU. */
export const getMpState: Decider<'get_mp_state', Aarch64Vm> = (vm, { type, vcpu }) => {
  const verdict = consult(vm, { type, vcpu });
  return verdict.refused ? refused(verdict.refused) : done([], { mpState: vm.vcpus.get(vcpu)?.mpState });
};

/** The state of a name or number, if arm64 has it. */
const stateOf = (asked: string | number): Aarch64MpState | undefined =>
  AARCH64_MP_STATE_NAMES.find((name) => name === asked || AARCH64_MP_STATES[name] === asked);

/**
 * KVM_SET_MP_STATE (kvm_arch_vcpu_ioctl_set_mpstate): powers a vCPU off or on, or suspends it until user space makes it
 * runnable again. Its registers stay. EINVAL for other states; ENOENT: no such vCPU.
 */
export const setMpState: Decider<'set_mp_state', Aarch64Vm> = (vm, { type, vcpu, mpState: asked }) => {
  const mpState = stateOf(asked);
  const verdict = consult(vm, { type, vcpu, fact: mpState && { vcpu, mpState } });
  return verdict.refused ? refused(verdict.refused) : done(verdict.facts);
};
