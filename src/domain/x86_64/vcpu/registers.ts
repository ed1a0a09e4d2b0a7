import { consult } from '../../vm/law/consult.js';
import type { Decider } from '../../vm/decider.js';
import { done, refused } from '../../vm/decision.js';
import type { X86Vm } from '../../vm/state.js';
import { changedRegisters } from './change-registers.js';
import { brokenRegisterRule } from './consistent-registers.js';

/**
 * User space changes registers of a vCPU: KVM_SET_REGS, _SREGS and _XSAVE in one. All values are effective at once. ENOENT: no
 * such vCPU; EBUSY: it waits for the reply to an event; EINVAL: registers that would not fit together, and nothing changes.
 */
export const setX86Registers: Decider<'set_x86_registers', X86Vm> = (vm, { vcpu, registers }) => {
  const verdict = consult(vm, { type: 'set_x86_registers', vcpu });
  if (verdict.refused) return refused(verdict.refused);
  const before = vm.vcpus.get(vcpu)?.registers;
  if (before === undefined) return refused('ENOENT');
  const after = changedRegisters(before, registers);
  if (brokenRegisterRule(after, vm.host) !== undefined) return refused('EINVAL');
  return done([{ type: 'x86_registers_set', vcpu, registers }]);
};
