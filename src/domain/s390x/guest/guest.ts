import { type GuestInstruction, isGuestInstruction } from '../../shapes/s390x-guest.js';
import { consult } from '../../vm/law/consult.js';
import type { Decider } from '../../vm/decider.js';
import { refused } from '../../vm/decision.js';
import { changed } from '../../vm/rules.js';
import { load, spx, store, tprot } from './guest-access.js';
import type { Execute } from './guest-context.js';
import { essa } from './guest-essa.js';
import { conditionalSske, pfmf } from './guest-frames.js';
import { iske, rrbe, sske } from './guest-keys.js';

const INSTRUCTIONS: { readonly [Name in GuestInstruction]: Execute } = {
  essa,
  iske,
  rrbe,
  sske: (vm, vcpu, command) => (command.m3 ? conditionalSske : sske)(vm, vcpu, command),
  pfmf,
  tprot,
  spx,
  store,
  load,
};

/**
 * What the guest does itself, in whatever run state its vCPU is. A program interruption of the instruction is the positive
 * `ret` and `exception`; it is the guest's own business, so none is queued. Of the registers only the prefix changes: result
 * and condition code are answered.
 *
 * ENOENT: no such vCPU; EINVAL: the VM is protected, and nobody sees what its guest does; EOPNOTSUPP: an instruction that is
 * not known (kvm_handle_sie_intercept).
 */
export const guest: Decider<'s390_guest'> = (vm, command) => {
  const { type, instruction } = command;
  const vcpu = vm.vcpus.get(command.vcpu);
  if (vcpu === undefined) return refused('ENOENT');
  const verdict = consult(vm, { type });
  if (verdict.refused) return refused(verdict.refused);
  if (!isGuestInstruction(instruction) || (instruction === 'pfmf' && !changed(vm, 'pfmf')))
    return refused('EOPNOTSUPP');
  return INSTRUCTIONS[instruction](vm, vcpu, command);
};
