import type { S390xRegisterChanges } from '../../shapes/s390x-registers.js';
import type { CommandOf } from '../../vm/command.js';
import { consult } from '../../vm/law/consult.js';
import type { Decider } from '../../vm/decider.js';
import { done, refused } from '../../vm/decision.js';
import type { S390xVm } from '../../vm/state.js';
import { FACILITY, hasFacility } from '../model/facilities.js';
import type { S390xVcpu } from './vcpu.js';

type Requested = CommandOf<'set_registers'>['registers'];

/**
 * What of a change is effective: branch-prediction control only with its facility (sync_regs_fmt2). What is not named of the
 * PSW stays.
 */
function effective(vm: S390xVm, { registers: before }: S390xVcpu, requested: Requested): S390xRegisterChanges {
  const { bpbc, psw, ...others } = requested;
  const { mask = before.psw.mask, addr = before.psw.addr } = psw ?? {};
  const registers = psw ? { ...others, psw: { mask, addr } } : others;
  return bpbc === undefined || !hasFacility(vm, FACILITY.branchPrediction) ? registers : { ...registers, bpbc };
}

/**
 * User space changes registers of a vCPU: KVM_SET_REGS, _SREGS, _FPU, _ONE_REG and the synchronised registers in one. All values are
 * effective at once. A vCPU that does not exist is ENOENT; vector registers on a machine that has none are EINVAL.
 */
export const setRegisters: Decider<'set_registers'> = (vm, { type, vcpu, registers }) => {
  const verdict = consult(vm, { type });
  if (verdict.refused) return refused(verdict.refused);
  const at = vm.vcpus.get(vcpu);
  if (at === undefined) return refused('ENOENT');
  if (registers.vrs && !vm.host.facilities.includes(FACILITY.vector)) return refused('EINVAL');
  return done([{ type: 'registers_set', vcpu, registers: effective(vm, at, registers) }]);
};
