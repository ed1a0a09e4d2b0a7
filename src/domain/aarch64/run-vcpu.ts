import { consult } from '../vm/law/consult.js';
import type { Decider } from '../vm/decider.js';
import { done, refused } from '../vm/decision.js';
import type { Aarch64Vm } from '../vm/state.js';

/**
 * KVM_RUN (kvm_arch_vcpu_run_pid_change, kvm_arch_vcpu_ioctl_run) up to the first instruction. From the first one on the VM
 * is one that ran, also if the guest is not entered. A vCPU that is stopped or suspended sleeps in it. What user space
 * answered to a hypercall exit is in the registers; `hypercall` is not looked at.
 *
 * ENOENT: no such vCPU. EINTR with `immediateExit`.
 */
export const runVcpu: Decider<'run_vcpu', Aarch64Vm> = (vm, { type, vcpu, immediateExit = false }) => {
  const entered = consult(vm, { type: 'enter_vcpu', vcpu });
  if (entered.refused) return refused(entered.refused);
  const verdict = consult(vm, { type, vcpu, immediateExit });
  return verdict.refused ? refused(verdict.refused, entered.facts) : done(entered.facts);
};
