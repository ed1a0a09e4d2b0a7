import type { Digester, Json } from '../../digester.js';
import { type Commitment, SALT_SIZE, toHex } from '../bulk.js';
import { erasableRoles } from '../erasable.js';
import { commandOf, eventsOf } from '../open-record.js';
import { type RecordBody, parseBody } from '../record.js';
import { type LeftBy, digestsOf, erasureOf } from '../remains.js';
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

/**
 * What is wrong with the data beside a record: every piece must be one that the record commits to, and each be there, but for
 * those that were erased: none of them may be.
 */
function dataFlaws(
  wanted: readonly Commitment[],
  found: readonly StoredBulk[],
  gone: ReadonlySet<string>,
  { sha256 }: Digester,
): Omit<Flaw, 'position'>[] {
  const flaws: Omit<Flaw, 'position'>[] = [];
  const pieces = new Map(found.map((piece) => [piece.role, piece]));
  for (const { role, size, commitment } of wanted) {
    const piece = pieces.get(role);
    pieces.delete(role);
    if (gone.has(role)) {
      if (piece) flaws.push(flaw('data', `${role} was erased, and is there`));
    } else if (piece === undefined) flaws.push(flaw('data', `${role} is missing`));
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

/** The guest frames of a record: of one that lost data as its remains have them, of others as its data has. */
function framesOf(body: RecordBody, found: readonly StoredBulk[], remains: readonly LeftBy[]): Frames {
  const told = remains.map(digestsOf).find(({ frames }) => frames !== undefined);
  if (told) return { firstFrame: told.frames?.[0] ?? null, lastFrame: told.frames?.[1] ?? null };
  const bulk = new Map(found.map(({ role, bytes }) => [role, bytes]));
  const frames = touchedFrames(commandOf(body, bulk), eventsOf(body, bulk));
  return { firstFrame: frames?.first ?? null, lastFrame: frames?.last ?? null };
}

function frameFlaws(row: StoredRow, ...from: Parameters<typeof framesOf>): Omit<Flaw, 'position'>[] {
  const { firstFrame, lastFrame } = framesOf(...from);
  return firstFrame === row.firstFrame && lastFrame === row.lastFrame
    ? []
    : [flaw('index', `the frames are ${row.firstFrame}-${row.lastFrame}, not ${firstFrame}-${lastFrame}`)];
}

/** What erasures made of a record. */
export interface Erased {
  /** Whether one of them took from it. */
  readonly covered: boolean;
  /** What they left in the place of what they took. */
  readonly remains: readonly LeftBy[];
}

/** Whether remains can be read as such, and say of each record that lost data which frames it touched. */
function remainsFlaws(gone: ReadonlySet<string>, remains: readonly LeftBy[]): Omit<Flaw, 'position'>[] {
  try {
    return gone.size > 0 === (erasureOf(remains) !== undefined) ? [] : [flaw('erasure', 'what is left is not of it')];
  } catch {
    return [flaw('erasure', 'what is left cannot be read')];
  }
}

function dataOrRemainsFlaws(
  body: RecordBody,
  found: readonly StoredBulk[],
  { covered, remains }: Erased,
  digester: Digester,
): Omit<Flaw, 'position'>[] {
  const gone = new Set(covered ? erasableRoles(body) : []);
  return [...dataFlaws(body.data ?? [], found, gone, digester), ...remainsFlaws(gone, remains)];
}

/**
 * What is wrong with a record, by itself and with the data beside it (docs/decisions/0003): its leaf hash, its canonical
 * form, its place, the columns derived from it, the commitments to its data.
 *
 * @param leafHash the leaf hash that the bytes have
 * @param erased what erasures made of it
 */
export function flawsOf(
  row: StoredRow,
  found: readonly StoredBulk[],
  leafHash: Uint8Array,
  erased: Erased,
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
  const data = dataOrRemainsFlaws(body, found, erased, digester);
  return [...columns, ...data, ...(data.length === 0 ? frameFlaws(row, body, found, erased.remains) : [])];
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
 * @param erased what erasures made of it
 */
export function storedRow(
  bytes: Uint8Array,
  found: readonly StoredBulk[],
  leafHash: Uint8Array,
  erased: Erased,
  digester: Digester,
): SoundRow | readonly Omit<Flaw, 'position'>[] {
  try {
    const body = bodyOf(bytes, digester);
    if (body === undefined) return [flaw('record', 'the bytes are not a record')];
    const { position, vm, version, time, outcome, command, actor } = body;
    const data = dataOrRemainsFlaws(body, found, erased, digester);
    if (data.length > 0) return data;
    const columns = { position, vm, version, time: Date.parse(time), ret: outcome.ret, type: command.type, actor };
    const row = { ...columns, ...framesOf(body, found, erased.remains), leafHash, bytes };
    return isSound(row) ? row : [flaw('record', 'the bytes are not a record')];
  } catch {
    // Canonical JSON that has no such command or facts, or no such fields.
    return [flaw('record', 'the bytes are not a record')];
  }
}
