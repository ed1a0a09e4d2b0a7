import type { AccessKind } from '../../domain/audit/accesses/access.js';
import { frameOf } from '../../domain/memory/address.js';
import type { Breath } from '../breath.js';
import { type AccessReader, EVERYTHING, type Place } from './access-reader.js';
import { ANYWHERE, type Bin, binsOver } from './bins.js';
import type { AccessRow } from './rows.js';

/** Which accesses are wanted; times in milliseconds since 1970, the range in bytes of absolute memory. */
export interface AccessQuery {
  readonly vm?: string | undefined;
  readonly gpa?: bigint | undefined;
  /** 1 if absent. */
  readonly size?: bigint | undefined;
  readonly kinds?: readonly AccessKind[] | undefined;
  readonly type?: string | undefined;
  readonly actor?: string | undefined;
  readonly outcome?: 'done' | 'refused' | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

interface RangeJson {
  readonly absolute: string;
  readonly size: number;
}

/** The part of an access that is kept as JSON. */
export interface AccessBody {
  readonly requestId: string;
  readonly item?: number;
  readonly vcpu?: number;
  readonly asOf?: number;
  readonly errno?: string;
  readonly given?: { readonly space: string; readonly address: string; readonly size: string };
  readonly resolved: readonly RangeJson[];
  readonly shared: readonly (RangeJson & { readonly vm: string })[];
  readonly data: readonly { readonly role: string; readonly size: number; readonly commitment: string }[];
}

/** An access that was found. */
export interface FoundAccess extends Omit<AccessRow, 'body'> {
  readonly body: AccessBody;
}

/** Rows that one step looks at. */
const STEP = 512;

/** Bins that are looked through side by side; of a range with more of them, all accesses of the VM are looked at. */
const MOST_BINS = 64;

/** Whether it is not known any more what was touched: whoever asks for what was done, or where, is told that there may be something. */
const isErased = ({ kind }: AccessRow): boolean => kind === 'erased';

/** What a query asks of each access, but for its range. */
const FILTERS: readonly ((query: AccessQuery, row: AccessRow) => boolean)[] = [
  ({ kinds }, row) => kinds === undefined || isErased(row) || (kinds as readonly string[]).includes(row.kind),
  ({ type }, row) => type === undefined || row.type === type,
  ({ actor }, row) => actor === undefined || row.actor === actor,
  ({ outcome }, row) => outcome === undefined || isErased(row) || row.ret < 0 === (outcome === 'refused'),
  ({ from = -Infinity, to = Infinity }, { time }) => from <= time && time <= to,
];

/**
 * Whether an access touched a byte of the range, where the VM that is asked for has it, or else the VM that it was made in; one of
 * the VM's own also if it only named it. Where others have a shared page is theirs: nobody finds it who does not ask for them.
 */
function overlaps({ vm, gpa, size = 1n }: AccessQuery, row: AccessRow, body: AccessBody): boolean {
  if (gpa === undefined) return true;
  const meets = (address: string, length: bigint | number | string): boolean => {
    const first = BigInt(address);
    return first < gpa + size && first + (BigInt(length) || 1n) > gpa;
  };
  const { given, resolved, shared } = body;
  const isOwn = vm === undefined || vm === row.vm;
  if (isOwn && isErased(row)) return true;
  if (isOwn && given?.space === 'absolute' && meets(given.address, given.size)) return true;
  if (isOwn && resolved.some((part) => meets(part.absolute, part.size))) return true;
  return shared.some((part) => (vm ?? row.vm) === part.vm && meets(part.absolute, part.size));
}

function found(query: AccessQuery, row: AccessRow | undefined): FoundAccess | undefined {
  if (row === undefined || !FILTERS.every((filter) => filter(query, row))) return undefined;
  const body = JSON.parse(row.body) as AccessBody;
  return overlaps(query, row, body) ? { ...row, body } : undefined;
}

const isAfter = (a: Place, b: Place): boolean => a.position > b.position || (a.position === b.position && a.n > b.n);

/** A step through several bins: the next places of all of them in order, each once, and whether there may be more. */
function merged(reader: AccessReader, vm: number, bins: readonly Bin[], after: Place, upTo: number) {
  const most = Math.max(16, Math.floor(STEP / bins.length));
  const lists = bins.map((bin) => reader.places(vm, bin, after, upTo, most));
  // What lies behind the end of a list that was cut short may be preceded by something of that list.
  const full = lists.flatMap((list) => (list.length < most ? [] : (list.at(-1) ?? [])));
  const end = full.reduce<Place | undefined>(
    (least, last) => (least && isAfter(last, least) ? least : last),
    undefined,
  );
  const places = lists
    .flat()
    .filter((place) => end === undefined || !isAfter(place, end))
    .sort((a, b) => a.position - b.position || a.n - b.n)
    .filter((place, i, all) => i === 0 || isAfter(place, all[i - 1] as Place));
  return { places, more: end !== undefined };
}

/** The bins to look through for a range of a VM; all of the VM's if it is too wide for them. */
function binsFor({ gpa, size = 1n }: AccessQuery): readonly Bin[] {
  const bins = gpa === undefined ? undefined : binsOver(frameOf(gpa), frameOf(gpa + size - 1n), MOST_BINS);
  return bins ? [...bins, { level: ANYWHERE, bin: 0 }] : [EVERYTHING];
}

/**
 * The accesses that a query asks for after a place, in records up to a position, in order: a bounded number of rows is looked at
 * between two breaths.
 */
export async function* searchAccesses(
  reader: AccessReader,
  query: AccessQuery,
  start: Place,
  upTo: number,
  breath: Breath,
): AsyncGenerator<FoundAccess> {
  const vm = query.vm === undefined ? undefined : reader.idOf(query.vm);
  if (query.vm !== undefined && vm === undefined) return;
  const bins = binsFor(query);
  let after = start;
  for (let more = true; more;) {
    await breath.take();
    let rows: readonly (AccessRow | undefined)[];
    if (vm === undefined) {
      const page = reader.page(after, upTo, STEP);
      more = page.length === STEP;
      rows = page;
      after = page.at(-1) ?? after;
    } else {
      const step = merged(reader, vm, bins, after, upTo);
      ({ more } = step);
      rows = step.places.map((place) => reader.one(place));
      after = step.places.at(-1) ?? after;
    }
    for (const row of rows) {
      const access = found(query, row);
      if (access) yield access;
    }
  }
}
