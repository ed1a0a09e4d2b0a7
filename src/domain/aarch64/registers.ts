import { consult } from '../vm/consult.js';
import type { Decider } from '../vm/decider.js';
import { done, refused } from '../vm/decision.js';
import type { Aarch64Vm } from '../vm/state.js';

/** User space changes registers of a vCPU: KVM_SET_ONE_REG for each, effective at once. A vCPU that does not exist is ENOENT. */
export const setAarch64Registers: Decider<'set_aarch64_registers', Aarch64Vm> = (vm, { vcpu, registers }) => {
  const verdict = consult(vm, { type: 'set_registers' });
  if (verdict.refused) return refused(verdict.refused);
  return vm.vcpus.has(vcpu) ? done([{ type: 'aarch64_registers_set', vcpu, registers }]) : refused('ENOENT');
};
