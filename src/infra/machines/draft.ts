import { SALT_SIZE } from '../../domain/audit/bulk.js';
import { MODEL } from '../../domain/audit/model.js';
import type { LedgerRecord } from '../../domain/audit/record.js';
import { seal, split } from '../../domain/audit/seal-record.js';
import { stateDigest } from '../../domain/audit/state-digest.js';
import type { TouchedElsewhere } from '../../domain/audit/touched-elsewhere.js';
import { touchedFrames } from '../../domain/audit/touched-frames.js';
import { digester } from '../digester.js';
import type { Draft } from '../journal/journal.js';
import type { World } from '../world.js';
import type { Outcome, Submission } from './submission.js';

/** Records of other VMs that are one fact together with a record. */
export type Counterparts = NonNullable<LedgerRecord['counterparts']>;

/** What came of a submission, and what its record says beside. */
export interface Recorded extends Outcome {
  /** RFC 3339. */
  readonly time: string;
  readonly counterparts: Counterparts;
  /** Guest frames of other VMs that it touched. */
  readonly elsewhere: readonly TouchedElsewhere[];
}

/** The draft of the record of a command that was decided. */
export function draftOf(
  { vm: id, command, actor, requestId, trace, present, erase }: Submission,
  { vm, version, time, decision, counterparts, elsewhere }: Recorded,
  { random }: World,
): Draft {
  const state = vm && stateDigest(vm, digester);
  const ledger = { vm: id, version, time, actor, requestId, ...trace, model: MODEL };
  const divided = split({ ...ledger, command, decision, state, counterparts }, digester);
  const salts = divided.bulk.map(() => random(SALT_SIZE));
  const { head, tail, holes } = seal(divided, salts, digester);
  const data = divided.bulk.map(({ role, bytes }, i) => ({ role, bytes, salt: salts[i] ?? new Uint8Array() }));
  const frames = touchedFrames(command, decision.events);
  const index = {
    type: command.type,
    ret: decision.ret,
    actor,
    time: Date.parse(time),
    ...(frames && { frames }),
    ...(elsewhere.length > 0 && { elsewhere }),
  };
  const answer = present?.({ vm, version, decision });
  const more = { ...(holes && { holes }), ...(answer && { answer }), ...(erase && { erase }) };
  return { vm: id, version, head, tail, data, index, ...more };
}
