import type { Errno } from '../../errno.js';
import type { TranslateRequest } from '../../shapes/s390x-access.js';
import { type Absolute, addressOf } from '../../memory/address.js';
import type { Decider } from '../../vm/decider.js';
import { type Reply, done, refused } from '../../vm/decision.js';
import { type AccessContext, accessContext } from './access-context.js';
import { Explanation, type WalkStep } from './explain.js';
import { HOST_FAULT, type StopReason, STOPS, reasonOf } from './fault.js';
import { effective, locateByte, programException } from './logical-access.js';
import type { ProgramException } from './program-exception.js';
import { selectAsce } from './select-asce.js';
import { highWord, lowWord } from '../model/words.js';

/** What one translation answers beside `ret`. */
export type TranslateAnswer = {
  readonly absolute?: Absolute;
  /** Bytes of the page or large frame; 4096 where there was no table walk. */
  readonly pageSize?: number;
  readonly exception?: ProgramException;
  /** With `explain`: every table entry read, in order. */
  readonly walk?: readonly WalkStep[];
  /** With `explain`: what the translation stopped at, and the rule that did not hold. */
  readonly stoppedBy?: { readonly reason: StopReason; readonly check: string };
};

/** The number of the last access register. */
const AR_MAX = 15;

/** A translation, or why there is none: the errno. */
type Outcome = TranslateAnswer | Errno;

/**
 * One translation. `write` asks for a store, `exec` for an instruction fetch (and its address space); with both, both must
 * pass. No storage key is looked at.
 */
function translated(context: AccessContext, op: TranslateRequest, explain: boolean): Outcome {
  const store = op.access.includes('write');
  const instruction = op.access.includes('exec');
  const { high, low } = effective(context, highWord(op.gaddr), lowWord(op.gaddr));
  const explanation = new Explanation(context);
  const asce = selectAsce(context, op.ar, store, instruction, explanation);
  const frame =
    typeof asce === 'number' ? asce : locateByte(context, asce, { high, low, store, instruction }, explanation);
  const walk = explain ? { walk: explanation.steps() } : {};
  if (frame >= 0) return { absolute: addressOf(frame, low & 0xfff), pageSize: explanation.pageSize, ...walk };
  if (frame === HOST_FAULT) return 'EFAULT';
  const exception = programException(context, { fault: frame, high, low }, { ar: op.ar, store });
  const reason = reasonOf(frame);
  return { exception, ...walk, ...(explain && { stoppedBy: { reason, check: STOPS[reason].check } }) };
}

/** An answer; for an access register that does not exist EINVAL, as KVM_S390_MEM_OP has it. */
const answer = (context: AccessContext, op: TranslateRequest, explain: boolean): Outcome =>
  op.ar > AR_MAX ? 'EINVAL' : translated(context, op, explain);

const retOf = ({ exception }: TranslateAnswer): number => exception?.code ?? 0;

/**
 * Where a logical address lies as the vCPU sees it (guest_translate_gva): `absolute` and `pageSize`, or the
 * program interruption as a positive `ret`. Changes and injects nothing. ENOENT: no such vCPU; EINVAL: no such access register;
 * EFAULT: a table lies where the VMM has no memory behind the slot.
 */
export const translate: Decider<'translate'> = (_vm, command, past) => {
  const vcpu = past.vcpus.get(command.vcpu);
  if (vcpu === undefined) return refused('ENOENT');
  const reply = answer(accessContext(past, vcpu), command, command.explain);
  return typeof reply === 'string' ? refused(reply) : done([], reply, retOf(reply));
};

/** Translations in order, each as `translate` answers it: `results` has `ret` and, for a refused one, `errno`. */
export const translateBatch: Decider<'translate_batch'> = (_vm, command, past) => {
  const vcpu = past.vcpus.get(command.vcpu);
  if (vcpu === undefined) return refused('ENOENT');
  const context = accessContext(past, vcpu);
  const results = command.ops.map((op): Reply => {
    const reply = answer(context, op, command.explain);
    if (typeof reply !== 'string') return { ret: retOf(reply), ...reply };
    const { ret, errno } = refused(reply);
    return { ret, errno };
  });
  return done([], { results });
};
