import { addressOf } from '../../memory/address.js';
import { MARK } from '../../memory/frame-marks.js';
import { KEY } from '../../memory/storage-key.js';
import { type Decision, type Reply, done } from '../../vm/decision.js';
import type { Event } from '../../vm/facts/event.js';
import type { S390xVm } from '../../vm/state.js';
import { accessContext } from '../dat/access-context.js';
import { type Execute, inProblemState } from './guest-context.js';
import { interruptedBy } from '../dat/instruction-exception.js';
import { hasInternalSlot, seenFrame } from '../dat/internal-slot.js';
import { effective } from '../dat/logical-access.js';
import { absoluteFrame } from '../dat/prefixing.js';
import { segmentUnmapped } from '../vcpu/ucas.js';
import { changedKey, enableSkeys } from '../marks/storage-keys.js';
import { frameOfWords, highWord, lowWord } from '../model/words.js';

/** A frame that the vCPU does not see: addressing exception, or the exit of a UCONTROL vCPU. */
function unseen(vm: S390xVm, frame: number, before: readonly Event[]): Decision {
  if (!hasInternalSlot(vm)) return interruptedBy('addressing', before);
  return { ...segmentUnmapped(addressOf(frame)), events: before };
}

/** What a key instruction answers, and the key that it leaves; `given` is its operand. */
interface KeyInstruction {
  readonly answer: (key: number) => Reply;
  readonly leaves: (key: number, given: number) => number;
}

/**
 * A key instruction on the page of a real address, in the PSW's addressing mode (handle_iske, handle_rrbe, handle_sske).
 * Storage keys are in use from the first one on. Privileged-operation exception in problem state, addressing exception for a
 * page in no slot.
 */
const keyInstruction =
  ({ answer, leaves }: KeyInstruction): Execute =>
  (vm, vcpu, { gaddr = 0n, key: given = 0 }) => {
    if (inProblemState(vcpu)) return interruptedBy('privileged_operation');
    const enabled = enableSkeys(vm);
    const context = accessContext(vm, vcpu);
    const { high, low } = effective(context, highWord(gaddr), lowWord(gaddr));
    const absolute = absoluteFrame(frameOfWords(high, low), context.prefixFrame);
    const frame = seenFrame(vm, vcpu, absolute);
    if (frame === undefined) return unseen(vm, absolute, enabled);
    const key = enabled.length > 0 ? 0 : vm.memory.marks.get(frame) & MARK.key;
    return done([...enabled, ...changedKey(addressOf(frame), key, leaves(key, given))], answer(key));
  };

/** INSERT STORAGE KEY EXTENDED. Reply: `key`. */
export const iske = keyInstruction({ answer: (key) => ({ key }), leaves: (key) => key });

/** RESET REFERENCE BIT EXTENDED. Reply: `cc`, the reference and change bits as they were. */
export const rrbe = keyInstruction({
  answer: (key) => ({ cc: (key >> 1) & 3 }),
  leaves: (key) => key & ~KEY.reference,
});

/** SET STORAGE KEY EXTENDED, of one page, unconditional. */
export const sske = keyInstruction({ answer: () => ({}), leaves: (_, given) => given & KEY.all });
