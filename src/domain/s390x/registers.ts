import { consult } from '../vm/consult.js';
import type { Decider } from '../vm/decider.js';
import { done, refused } from '../vm/decision.js';

/**
 * User space changes registers of a vCPU: KVM_SET_REGS, _SREGS, _ONE_REG and the synchronised registers in one. All values are
 * effective at once. A vCPU that does not exist is ENOENT.
 */
export const setRegisters: Decider<'set_registers'> = (vm, { type, vcpu, registers }) => {
  const verdict = consult(vm, { type });
  if (verdict.refused) return refused(verdict.refused);
  return vm.vcpus.has(vcpu) ? done([{ type: 'registers_set', vcpu, registers }]) : refused('ENOENT');
};
