import type { Digester, Json } from '../digester.js';
import { toJson } from '../json.js';
import { ErasedMemory } from '../memory/erased.js';
import { applyEntry } from '../vm/folds/apply.js';
import type { Command } from '../vm/command.js';
import { decide } from '../vm/decide.js';
import type { Peers } from '../vm/decider.js';
import type { Counterpart } from '../vm/decision.js';
import { among, tokenNamed, tokenPresented } from '../vm/peers.js';
import { type Vm, fork } from '../vm/state.js';
import { commit, toHex } from './bulk.js';
import { erasableRoles } from './erasable.js';
import { commandOf, eventsOf } from './open-record.js';
import { type RecordAt, type RecordBody, counterpartsOf } from './record.js';
import { seal, split } from './seal-record.js';
import { type LeftBy, erasureOf, settleAll } from './remains.js';
import { stateDigest } from './state-digest.js';

/** A record as the journal has it, with its bulk data by role. */
export interface RecordedCommand {
  readonly body: RecordBody;
  readonly bulk: ReadonlyMap<string, { readonly salt: Uint8Array; readonly bytes: Uint8Array }>;
  /** What erasures left of it, if they did. */
  readonly remains?: readonly LeftBy[];
}

/** Something that a record says and that does not come out again. */
export interface Divergence {
  readonly position: number;
  readonly vm: string;
  readonly version: number;
  /**
   * What differs: `version`, `data <role>`, `command`, `outcome`, `events`, `commitments`, `state`, `fold`,
   * `counterparts`, `counterpart` or `token`.
   */
  readonly what: string;
  readonly expected: Json;
  readonly got: Json;
}

/** A VM on its way through its own history, both ways: by the commands decided again, and by the recorded facts. */
export interface Rerun {
  readonly version: number;
  readonly executed: Vm | undefined;
  readonly folded: Vm | undefined;
  /** What the last command of another VM asked of this one, to be recorded at a position; it is not known of one that was erased. */
  readonly due?: { readonly position: number; readonly command?: Command; readonly by: RecordAt };
}

export const START: Rerun = { version: 0, executed: undefined, folded: undefined };

/** VMs on their way through their histories together, by id: those that share pages, or only one. */
export type Reruns = ReadonlyMap<string, Rerun>;

const stateOf = (vm: Vm | undefined, digester: Digester): Json => (vm ? toHex(stateDigest(vm, digester)) : null);

type Way = 'executed' | 'folded';

/** The VMs but one, as they are on one of the two ways. */
const others = (reruns: Reruns, one: string, way: Way): Peers =>
  new Map([...reruns].flatMap(([id, { [way]: vm }]) => (vm === undefined || id === one ? [] : [[id, vm]])));

/** A VM with those that it borrowed from at hand. */
function onWay(reruns: Reruns, id: string, way: Way): Vm | undefined {
  const vm = reruns.get(id)?.[way];
  return vm && among(vm, others(reruns, id, way));
}

/** A VM, once it went on, and the others. */
const withOthers = (reruns: Reruns, vm: Vm | undefined, way: Way): Vm[] =>
  vm === undefined ? [] : [vm, ...others(reruns, vm.id, way).values()];

const plain = ({ vm, position }: RecordAt): Json => ({ vm, position });

/**
 * Decides a recorded command again on the state that its predecessors led to, folds the recorded facts beside it, and
 * compares: the bulk data with its commitments, then outcome, facts, commitments and state digest of the decision with the
 * recorded ones, then the folded state with the same digest; and for what touches two VMs, what the one asked with what the
 * other recorded. After a divergence the next command starts from the recorded facts, so that each divergence stands for
 * itself.
 *
 * Of a record that an erasure took data from, or whose command needs what an erasure took, only the fold is compared: it is
 * `erased`, and the next command starts from the recorded facts too.
 *
 * @param reruns the VM and those that it shares pages with, each after its last record before this one
 * @param past the VM as of the command's `asOf`, where it has one
 */
export function reexecute(
  reruns: Reruns,
  { body, bulk, remains = [] }: RecordedCommand,
  past: Vm | undefined,
  digester: Digester,
): { reruns: Reruns; divergences: Divergence[]; erased: boolean } {
  const divergences: Divergence[] = [];
  const compare = (what: string, expected: Json, got: Json): void => {
    if (digester.canonical(expected) === digester.canonical(got)) return;
    divergences.push({ position: body.position, vm: body.vm, version: body.version, what, expected, got });
  };
  const { vm, version, time, actor, requestId, model, position } = body;
  const rerun = reruns.get(vm) ?? START;
  const due = rerun.due?.position === position ? rerun.due : undefined;
  const by = erasureOf(remains);
  const gone = new Set(by === undefined ? [] : erasableRoles(body));
  let erased = by !== undefined;
  compare('version', version, rerun.version + 1);
  for (const commitment of body.data ?? []) {
    const piece = bulk.get(commitment.role);
    if (piece === undefined && gone.has(commitment.role)) continue;
    const got = piece ? { ...commit({ ...commitment, bytes: piece.bytes }, piece.salt, digester) } : null;
    compare(`data ${commitment.role}`, { ...commitment }, got);
  }

  const recordedState = body.digests.state ?? null;
  const bytes = new Map([...bulk].map(([role, piece]) => [role, piece.bytes]));
  let executed = onWay(reruns, vm, 'executed');
  let folded = onWay(reruns, vm, 'folded');
  let asked: readonly Counterpart[] = [];
  try {
    const events = eventsOf(body, bytes, undefined, by);
    folded = applyEntry(folded, { vm, version, time, events });
    settleAll(withOthers(reruns, folded, 'folded'), remains);
    compare('fold', recordedState, stateOf(folded, digester));
  } catch (error) {
    compare('fold', recordedState, String(error));
  }
  try {
    if (by !== undefined) throw new ErasedMemory(by);
    const command = commandOf(body, bytes);
    if (due?.command) compare('counterpart', toJson(due.command), toJson(command));
    compare('token', tokenNamed(command) ?? null, (executed && tokenPresented(executed, command, digester)) ?? null);
    const decision = decide(executed, command, past, others(reruns, vm, 'executed'));
    executed = applyEntry(executed, { vm, version, time, events: decision.events });
    settleAll(withOthers(reruns, executed, 'executed'), remains);
    asked = decision.counterparts ?? [];
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
    erased ||= error instanceof ErasedMemory;
    if (!erased) compare('command', body.command, String(error));
  }
  const told = counterpartsOf(body).filter((at) => at.position > position);
  const asking = erased ? told.map((at) => ({ vm: at.vm })) : asked;
  const found = due ? [due.by] : asking.map(({ vm: other }, i) => ({ vm: other, position: position + 1 + i }));
  compare('counterparts', counterpartsOf(body).map(plain), found.map(plain));
  const after = new Map(reruns).set(vm, { version, executed, folded });
  asking.forEach((each, i) =>
    after.set(each.vm, {
      ...(after.get(each.vm) ?? START),
      due: { position: position + 1 + i, by: { vm, position }, ...('command' in each && { command: each.command }) },
    }),
  );
  return { reruns: erased || divergences.length > 0 ? fromFacts(after) : after, divergences, erased };
}

/** All of them as the recorded facts have them. */
const fromFacts = (reruns: Reruns): Reruns =>
  new Map([...reruns].map(([id, rerun]) => [id, { ...rerun, executed: rerun.folded && fork(rerun.folded) }]));
