import type { Digester, Json } from '../digester.js';
import { toJson } from '../json.js';
import { ErasedMemory, erasedBy } from '../memory/erased.js';
import type { Event } from '../vm/facts/event.js';
import { type Bulk, type Commitment, commit, toHex } from './bulk.js';
import type { LedgerRecord, RecordBody } from './record.js';

/** A record in two: what its bytes hold, and the bulk data beside it in order of role. */
export interface SplitRecord {
  readonly record: LedgerRecord;
  readonly body: Pick<RecordBody, 'command' | 'outcome' | 'events'>;
  readonly bulk: readonly Bulk[];
}

/** Fields that stand beside the record whatever their size, since they can hold guest memory. */
export const BESIDE: ReadonlySet<string> = new Set([
  'command.ops',
  'outcome.results',
  'outcome.walk',
  'outcome.items',
  'outcome.resumed',
]);

/** Longer JSON stands beside the record. Fewer than sixteen fields can be shorter, so a record stays within 65,535 bytes. */
const INLINE_MAX = 3072;

const encoder = new TextEncoder();

/** The bytes that an event stored, if it is one of those that do; they are to be recorded, so they must be there. */
function storedBy(event: Event): Uint8Array | undefined {
  if (!('data' in event)) return undefined;
  const by = erasedBy(event.data);
  if (by !== undefined) throw new ErasedMemory(by);
  return event.data;
}

function concatenate(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1 && pieces[0]) return pieces[0];
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

const startsWith = (bytes: Uint8Array, prefix: Uint8Array): boolean =>
  prefix.length <= bytes.length && prefix.every((byte, i) => byte === bytes[i]);

/** Divides the fields of a command or an outcome; `owner` is `command` or `outcome`. */
function divide(
  owner: string,
  fields: Readonly<Record<string, unknown>>,
  bulk: Bulk[],
  { canonical }: Digester,
): Record<string, Json> {
  const inline: Record<string, Json> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const role = `${owner}.${name}`;
    if (value instanceof Uint8Array) {
      bulk.push({ role, form: 'bytes', bytes: value });
      continue;
    }
    const json = toJson(value);
    // Canonical text is as long as any other JSON text without white space: only the order of keys differs.
    if (BESIDE.has(role) || JSON.stringify(json).length > INLINE_MAX)
      bulk.push({ role, form: 'json', bytes: encoder.encode(canonical(json)) });
    else inline[name] = json;
  }
  return inline;
}

/**
 * Divides a record into what its bytes hold and what stands beside them. What events stored is not kept twice: it is the
 * beginning of `command.data`, or else stands beside the record as `events.data`.
 */
export function split(record: LedgerRecord, digester: Digester): SplitRecord {
  const { command, decision } = record;
  const bulk: Bulk[] = [];
  const inlineCommand = divide('command', command, bulk, digester) as RecordBody['command'];
  const { ret, errno, reply } = decision;
  const outcome = divide('outcome', { ...reply, ret, errno }, bulk, digester) as RecordBody['outcome'];

  const events = decision.events.map((event) => {
    const data = storedBy(event);
    return toJson(
      data === undefined ? event : { ...event, data: undefined, size: data.length },
    ) as RecordBody['events'][number];
  });
  const stored = concatenate(decision.events.flatMap((event) => storedBy(event) ?? []));
  const given = bulk.find(({ role }) => role === 'command.data')?.bytes;
  if (stored.length > 0 && !(given && startsWith(given, stored)))
    bulk.push({ role: 'events.data', form: 'bytes', bytes: stored });
  const inlineEvents = JSON.stringify(events).length <= INLINE_MAX ? events : [];
  if (inlineEvents !== events)
    bulk.push({ role: 'events', form: 'json', bytes: encoder.encode(digester.canonical(events)) });

  bulk.sort((a, b) => (a.role < b.role ? -1 : 1));
  return { record, body: { command: inlineCommand, outcome, events: inlineEvents }, bulk };
}

/** The canonical text of a record around its position, which the journal fills in, and the commitments in it. */
export interface SealedRecord {
  readonly head: string;
  readonly tail: string;
  /** Where in `head` positions of counterparts go: after so many characters, the one so many behind the record's. */
  readonly holes?: readonly { readonly at: number; readonly step: number }[];
  readonly commitments: readonly Commitment[];
}

/**
 * Makes the record's bytes, but for the position: RFC 8785 JSON, in which every field before `position` is in `head`.
 *
 * @param salts one for each piece of bulk data, in its order
 */
export function seal(
  { record, body, bulk }: SplitRecord,
  salts: readonly Uint8Array[],
  digester: Digester,
): SealedRecord {
  const commitments = bulk.map((piece, i) => commit(piece, salts[i] ?? new Uint8Array(), digester));
  const { actor, model, requestId, time, traceparent, tracestate, version, vm, state, counterparts = [] } = record;
  const digests = state === undefined ? {} : { state: toHex(state) };
  const data = commitments.length === 0 ? undefined : (commitments as unknown as Json);
  const { command, ...outcomeAndEvents } = body;
  const tail = `,${digester.canonical({ requestId, time, traceparent, tracestate, version, vm }).slice(1)}`;
  if (counterparts.length === 0) {
    const head = digester.canonical({ actor, command, data, digests, model, ...outcomeAndEvents });
    return { head: `${head.slice(0, -1)},"position":`, tail, commitments };
  }
  const before = digester.canonical({ actor, command }).slice(0, -1);
  const others = naming(counterparts, digester);
  const after = digester.canonical({ data, digests, model, ...outcomeAndEvents }).slice(1, -1);
  const holes = others.holes.map(({ at, step }) => ({ at: before.length + at, step }));
  return { head: `${before}${others.text},${after},"position":`, tail, holes, commitments };
}

/** The canonical text of the field that names counterparts, without their positions, and where those go. */
function naming(
  counterparts: NonNullable<LedgerRecord['counterparts']>,
  { canonical }: Digester,
): { readonly text: string; readonly holes: NonNullable<SealedRecord['holes']> } {
  const several = counterparts.length > 1;
  let text = several ? ',"counterparts":[' : ',"counterpart":';
  const holes = counterparts.map(({ vm, step }, i) => {
    text += `${i === 0 ? '' : ','}{"position":`;
    const at = text.length;
    text += `,"vm":${canonical(vm)}}`;
    return { at, step };
  });
  return { text: several ? `${text}]` : text, holes };
}
