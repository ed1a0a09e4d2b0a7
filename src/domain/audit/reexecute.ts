import type { Digester, Json } from '../digester.js';
import { applyEntry } from '../vm/apply.js';
import { decide } from '../vm/decide.js';
import { type Vm, fork } from '../vm/state.js';
import { commit, toHex } from './bulk.js';
import { type RecordBody, commandOf, eventsOf, seal, split } from './record.js';
import { stateDigest } from './state-digest.js';

/** A record as the journal has it, with its bulk data by role. */
export interface RecordedCommand {
  readonly body: RecordBody;
  readonly bulk: ReadonlyMap<string, { readonly salt: Uint8Array; readonly bytes: Uint8Array }>;
}

/** Something that a record says and that does not come out again. */
export interface Divergence {
  readonly position: number;
  readonly vm: string;
  readonly version: number;
  /** What differs: `version`, `data <role>`, `command`, `outcome`, `events`, `commitments`, `state` or `fold`. */
  readonly what: string;
  readonly expected: Json;
  readonly got: Json;
}

/** A VM on its way through its own history, both ways: by the commands decided again, and by the recorded facts. */
export interface Rerun {
  readonly version: number;
  readonly executed: Vm | undefined;
  readonly folded: Vm | undefined;
}

export const START: Rerun = { version: 0, executed: undefined, folded: undefined };

const stateOf = (vm: Vm | undefined, digester: Digester): Json => (vm ? toHex(stateDigest(vm, digester)) : null);

/**
 * Decides a recorded command again on the state that its predecessors led to, folds the recorded facts beside it, and
 * compares: the bulk data with its commitments, then outcome, facts, commitments and state digest of the decision with the
 * recorded ones, then the folded state with the same digest. After a divergence the next command starts from the recorded
 * facts, so that each divergence stands for itself.
 *
 * @param past the VM as of the command's `asOf`, where it has one
 */
export function reexecute(
  rerun: Rerun,
  { body, bulk }: RecordedCommand,
  past: Vm | undefined,
  digester: Digester,
): { rerun: Rerun; divergences: Divergence[] } {
  const divergences: Divergence[] = [];
  const compare = (what: string, expected: Json, got: Json): void => {
    if (digester.canonical(expected) === digester.canonical(got)) return;
    divergences.push({ position: body.position, vm: body.vm, version: body.version, what, expected, got });
  };
  const { vm, version, time, actor, requestId, model } = body;
  compare('version', version, rerun.version + 1);
  for (const commitment of body.data ?? []) {
    const piece = bulk.get(commitment.role);
    const got = piece ? { ...commit({ ...commitment, bytes: piece.bytes }, piece.salt, digester) } : null;
    compare(`data ${commitment.role}`, { ...commitment }, got);
  }

  const recordedState = body.digests.state ?? null;
  const bytes = new Map([...bulk].map(([role, piece]) => [role, piece.bytes]));
  let { executed, folded } = rerun;
  try {
    const events = eventsOf(body, bytes);
    folded = applyEntry(folded, { vm, version, time, events });
    compare('fold', recordedState, stateOf(folded, digester));
  } catch (error) {
    compare('fold', recordedState, String(error));
  }
  try {
    const command = commandOf(body, bytes);
    const decision = decide(executed, command, past);
    executed = applyEntry(executed, { vm, version, time, events: decision.events });
    const state = executed && stateDigest(executed, digester);
    const divided = split({ vm, version, time, actor, requestId, model, command, decision, state }, digester);
    const salts = divided.bulk.map(({ role }) => bulk.get(role)?.salt ?? new Uint8Array());
    const { commitments } = seal(divided, salts, digester);
    compare('command', body.command, divided.body.command);
    compare('outcome', body.outcome, divided.body.outcome);
    compare('events', body.events, divided.body.events);
    compare('commitments', (body.data ?? []) as unknown as Json, commitments as unknown as Json);
    compare('state', recordedState, state ? toHex(state) : null);
  } catch (error) {
    compare('command', body.command, String(error));
  }
  if (divergences.length > 0) executed = folded && fork(folded);
  return { rerun: { version, executed, folded }, divergences };
}
