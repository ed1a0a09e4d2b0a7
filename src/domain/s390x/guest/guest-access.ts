import { addressOf, frameOf } from '../../memory/address.js';
import { type Decision, done, refused } from '../../vm/decision.js';
import type { S390xVm } from '../../vm/state.js';
import { type AccessContext, accessContext } from '../dat/access-context.js';
import { accessFacts } from '../dat/access-facts.js';
import { ASCE } from '../dat/asce.js';
import { HOST_FAULT, codeOf, fault } from '../dat/fault.js';
import { type Execute, inProblemState, pswKeyOf } from './guest-context.js';
import { interruptedAt, interruptedBy } from '../dat/instruction-exception.js';
import { hasInternalSlot, inSomeSlot, seenFrame } from '../dat/internal-slot.js';
import { type AccessFault, type Location, effective, locate, programException } from '../dat/logical-access.js';
import { absoluteFrame } from '../dat/prefixing.js';
import { PGM } from '../dat/program-exception.js';
import { lowAddressProtected } from '../dat/protection.js';
import { selectAsce } from '../dat/select-asce.js';
import { segmentUnmapped } from '../vcpu/ucas.js';
import { PREFIX_MASK, type S390xVcpu } from '../vcpu/vcpu.js';
import { frameOfWords, highWord, lowWord } from '../model/words.js';

/** The access register of every operand: none is named, so access-register mode uses the primary space. */
const AR = 0;

/** Where an access of the guest's own goes: low-address protection, translation and key-controlled protection, page by page. */
function reach(context: AccessContext, gaddr: bigint, size: number, key: number, store: boolean): Location {
  const { high, low } = effective(context, highWord(gaddr), lowWord(gaddr));
  const asce = selectAsce(context, AR, store, false);
  if (typeof asce === 'number') return { pieces: [], stopped: { fault: asce, high, low } };
  return locate(context, asce, { high, low, size, store }, key);
}

const raise = (context: AccessContext, stopped: AccessFault, store: boolean): Decision =>
  stopped.fault === HOST_FAULT
    ? refused('EFAULT')
    : interruptedAt(programException(context, stopped, { ar: AR, store }));

/**
 * An access of a UCONTROL vCPU's own: its table, or where there is none its page, lies where UCAS mappings say (EREMOTE if
 * nowhere), and the VMM has no memory there (EFAULT). Low-address protection comes before.
 */
function ofUser(vm: S390xVm, vcpu: S390xVcpu, gaddr: bigint, storing: boolean): Decision {
  const context = accessContext(vm, vcpu);
  const { high, low } = effective(context, highWord(gaddr), lowWord(gaddr));
  const asce = selectAsce(context, AR, storing, false);
  if (typeof asce === 'number') return raise(context, { fault: asce, high, low }, storing);
  if (storing && lowAddressProtected(context, asce, high, low))
    return raise(context, { fault: fault('low_address_protection', 'protection'), high, low }, true);
  const table = (asce.low & ASCE.realSpace) === 0;
  const frame = table ? frameOfWords(asce.high, asce.low) : absoluteFrame(frameOfWords(high, low), context.prefixFrame);
  return seenFrame(vm, vcpu, frame) === undefined ? segmentUnmapped(addressOf(frame)) : refused('EFAULT');
}

/** A store of the guest's, with the key of its PSW. One that is stopped stores nothing. */
export const store: Execute = (vm, vcpu, { gaddr = 0n, data = new Uint8Array() }) => {
  if (hasInternalSlot(vm)) return ofUser(vm, vcpu, gaddr, true);
  const context = accessContext(vm, vcpu);
  const { pieces, stopped } = reach(context, gaddr, data.length, pswKeyOf(vcpu), true);
  return stopped ? raise(context, stopped, true) : done(accessFacts(pieces, data));
};

/** A fetch of the guest's, with the key of its PSW. Reply: `data`. One that is stopped fetches nothing. */
export const load: Execute = (vm, vcpu, { gaddr = 0n, size = 1 }) => {
  if (hasInternalSlot(vm)) return ofUser(vm, vcpu, gaddr, false);
  const context = accessContext(vm, vcpu);
  const { pieces, stopped } = reach(context, gaddr, size, pswKeyOf(vcpu), false);
  return stopped ? raise(context, stopped, false) : done(accessFacts(pieces), { data: vm.memory.read(pieces) });
};

/** Program interruptions that TEST PROTECTION raises itself; any other means that the address is not translatable. */
const RAISED: ReadonlySet<number> = new Set([PGM.addressing.code, PGM.translation_specification.code]);

/** The condition code of TEST PROTECTION for storage that cannot be reached at all. */
const UNTRANSLATABLE = 3;

/**
 * TEST PROTECTION of one byte with an access key (handle_tprot; s390-translation section 7). Reply: `cc`, 0 stores and
 * fetches, 1 fetches only, 2 neither, 3 translation not available. Changes nothing. Privileged-operation exception in problem
 * state; addressing and translation-specification exceptions as they arise.
 */
export const tprot: Execute = (vm, vcpu, { gaddr = 0n, key = 0 }) => {
  if (inProblemState(vcpu)) return interruptedBy('privileged_operation');
  const context = accessContext(vm, vcpu);
  for (const [cc, storing] of [true, false].entries()) {
    const { stopped } = reach(context, gaddr, 1, key, storing);
    if (stopped === undefined) return done([], { cc });
    const code = codeOf(stopped.fault);
    if (stopped.fault === HOST_FAULT || RAISED.has(code)) return raise(context, stopped, storing);
    if (code !== PGM.protection.code) return done([], { cc: UNTRANSLATABLE });
  }
  return done([], { cc: 2 });
};

/**
 * SET PREFIX (handle_set_prefix). Bits of the prefix that do not exist are dropped. Privileged-operation exception in problem
 * state, addressing exception unless a slot backs the first page of the new prefix area.
 */
export const spx: Execute = (vm, vcpu, { prefix = 0 }) => {
  if (inProblemState(vcpu)) return interruptedBy('privileged_operation');
  const address = prefix & PREFIX_MASK;
  if (!inSomeSlot(vm, frameOf(BigInt(address)))) return interruptedBy('addressing');
  return done([{ type: 'registers_set', vcpu: vcpu.id, registers: { prefix: address } }]);
};
