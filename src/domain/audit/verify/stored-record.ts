import type { Digester, Json } from '../../digester.js';
import { type Commitment, SALT_SIZE, toHex } from '../bulk.js';
import { type RecordBody, commandOf, eventsOf, parseBody } from '../record.js';
import { touchedFrames } from '../touched-frames.js';
import { sameBytes } from '../tlog/merkle.js';
import type { Flaw, FlawKind } from './flaw.js';

/** A record as a ledger stores it: its bytes, and the columns that are derived from them. */
export interface StoredRow {
  readonly position: number;
  /** The VM of the record's stream; null if there is no such stream. */
  readonly vm: string | null;
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly ret: number;
  readonly type: string;
  readonly actor: string;
  readonly firstFrame: number | null;
  readonly lastFrame: number | null;
  readonly leafHash: Uint8Array;
  readonly bytes: Uint8Array;
}

/** Data beside a record as a ledger stores it. */
export interface StoredBulk {
  readonly role: string;
  readonly salt: Uint8Array;
  readonly bytes: Uint8Array;
}

/** Columns by the value that the record itself has for them. */
const COLUMNS: Readonly<Record<string, (body: RecordBody) => unknown>> = {
  vm: ({ vm }) => vm,
  version: ({ version }) => version,
  time: ({ time }) => Date.parse(time),
  ret: ({ outcome }) => outcome.ret,
  type: ({ command }) => command.type,
  actor: ({ actor }) => actor,
} satisfies Partial<Record<keyof StoredRow, (body: RecordBody) => unknown>>;

const flaw = (what: FlawKind, detail: string): Omit<Flaw, 'position'> => ({ what, detail });

/** What a record of these bytes says, if they are the canonical text of a record. */
function bodyOf(bytes: Uint8Array, { canonical }: Digester): RecordBody | undefined {
  try {
    const body = parseBody(bytes);
    return sameBytes(new TextEncoder().encode(canonical(body as unknown as Json)), bytes) ? body : undefined;
  } catch {
    return undefined;
  }
}

/** What is wrong with the data beside a record: every piece must be one that the record commits to, and each be there. */
function dataFlaws(
  wanted: readonly Commitment[],
  found: readonly StoredBulk[],
  { sha256 }: Digester,
): Omit<Flaw, 'position'>[] {
  const flaws: Omit<Flaw, 'position'>[] = [];
  const pieces = new Map(found.map((piece) => [piece.role, piece]));
  for (const { role, size, commitment } of wanted) {
    const piece = pieces.get(role);
    pieces.delete(role);
    if (piece === undefined) flaws.push(flaw('data', `${role} is missing`));
    else if (
      piece.salt.length !== SALT_SIZE ||
      piece.bytes.length !== size ||
      toHex(sha256(piece.salt, piece.bytes)) !== commitment
    )
      flaws.push(flaw('data', `${role} is not what the record commits to`));
  }
  for (const role of pieces.keys()) flaws.push(flaw('data', `${role} is not of this record`));
  return flaws;
}

type Frames = Pick<StoredRow, 'firstFrame' | 'lastFrame'>;

function framesOf(body: RecordBody, found: readonly StoredBulk[]): Frames {
  const bulk = new Map(found.map(({ role, bytes }) => [role, bytes]));
  const frames = touchedFrames(commandOf(body, bulk), eventsOf(body, bulk));
  return { firstFrame: frames?.first ?? null, lastFrame: frames?.last ?? null };
}

function frameFlaws(row: StoredRow, body: RecordBody, found: readonly StoredBulk[]): Omit<Flaw, 'position'>[] {
  const { firstFrame, lastFrame } = framesOf(body, found);
  return firstFrame === row.firstFrame && lastFrame === row.lastFrame
    ? []
    : [flaw('index', `the frames are ${row.firstFrame}-${row.lastFrame}, not ${firstFrame}-${lastFrame}`)];
}

/**
 * What is wrong with a record, by itself and with the data beside it (docs/decisions/0003): its leaf hash, its canonical
 * form, its place, the columns derived from it, the commitments to its data.
 *
 * @param leafHash the leaf hash that the bytes have
 */
export function flawsOf(
  row: StoredRow,
  found: readonly StoredBulk[],
  leafHash: Uint8Array,
  digester: Digester,
): Omit<Flaw, 'position'>[] {
  if (!sameBytes(leafHash, row.leafHash)) return [flaw('record', 'the bytes do not have the leaf hash')];
  const body = bodyOf(row.bytes, digester);
  if (body === undefined) return [flaw('record', 'the bytes are not a record')];
  if (body.position !== row.position) return [flaw('order', `the record is that of position ${body.position}`)];
  const columns = Object.entries(COLUMNS).flatMap(([name, of]) => {
    const stored = row[name as keyof StoredRow];
    const own = of(body);
    return stored === own ? [] : [flaw('index', `${name} is ${String(stored)}, not ${String(own)}`)];
  });
  const data = dataFlaws(body.data ?? [], found, digester);
  return [...columns, ...data, ...(data.length === 0 ? frameFlaws(row, body, found) : [])];
}

/** A record with its columns, all of them there. */
export type SoundRow = StoredRow & { readonly vm: string };

const isNumber = (value: unknown): boolean => Number.isSafeInteger(value);
const isText = (value: unknown): boolean => typeof value === 'string';

/** Whether the columns of a record are what columns hold. */
const isSound = ({ position, version, time, ret, vm, type, actor }: SoundRow): boolean =>
  [position, version, time, ret].every(isNumber) && [vm, type, actor].every(isText);

/**
 * A record with its columns, made of its bytes and the data beside it; or what is wrong with them.
 *
 * @param leafHash the leaf hash that the bytes have
 */
export function storedRow(
  bytes: Uint8Array,
  found: readonly StoredBulk[],
  leafHash: Uint8Array,
  digester: Digester,
): SoundRow | readonly Omit<Flaw, 'position'>[] {
  try {
    const body = bodyOf(bytes, digester);
    if (body === undefined) return [flaw('record', 'the bytes are not a record')];
    const { position, vm, version, time, outcome, command, actor } = body;
    const data = dataFlaws(body.data ?? [], found, digester);
    if (data.length > 0) return data;
    const columns = { position, vm, version, time: Date.parse(time), ret: outcome.ret, type: command.type, actor };
    const row = { ...columns, ...framesOf(body, found), leafHash, bytes };
    return isSound(row) ? row : [flaw('record', 'the bytes are not a record')];
  } catch {
    // Canonical JSON that has no such command or facts, or no such fields.
    return [flaw('record', 'the bytes are not a record')];
  }
}
