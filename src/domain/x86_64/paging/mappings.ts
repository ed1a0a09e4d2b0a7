import { PAGE_SIZE, addressOf, frameOf } from '../../memory/address.js';
import { type PagingRegisters, in64BitMode } from '../vcpu/control.js';
import { ENTRY } from './entry.js';
import { type LevelWords, levelWordsOf } from './level-words.js';
import { linearBits } from './linear-address.js';
import { type PagedMachine, type Paging, pagingOf, rootOf } from './paging.js';
import { ACCESS, ALL_RIGHTS, RIGHT } from './permissions.js';

/** A run of linear addresses that lie in a row in guest memory, with the same rights and size of pages. */
export interface MappedRun {
  readonly linearAddress: bigint;
  /** Bytes, whole pages of 4 KiB. */
  readonly size: bigint;
  readonly physicalAddress: bigint;
  /** Bytes of the pages that map it; absent where paging is off. */
  readonly pageSize?: number;
  /** What the entries of all levels grant; everything that is mapped can be read. */
  readonly rights: readonly (keyof typeof ACCESS)[];
  /** Of user pages with CR4.PKE. */
  readonly protectionKey?: number;
}

/** Runs in order of linear address, and where to go on if there may be more. */
export interface Mappings {
  readonly runs: readonly MappedRun[];
  readonly next?: bigint;
}

/** Most tables that one reading looks at: a guest can lead its tables in circles. */
export const TABLES_MAX = 4096;

/** Linear pages: numbers of 4 KiB, 2^52 in all. */
const PAGES = 2 ** 52;

/** Pages of linear addresses outside 64-bit mode. */
const PAGES_32 = 2 ** 20;

/** A run in pages and frames. */
interface Run {
  readonly page: number;
  readonly frame: number;
  count: number;
  readonly pageSize: number | undefined;
  readonly rights: number;
  readonly key: number | undefined;
}

/** Linear pages from `first` up to, not including, `end`, whose page 0 in the root table is `base`. */
interface Window {
  readonly first: number;
  readonly end: number;
  readonly base: number;
}

/** Where linear addresses can be: everywhere below 4 GiB, or, in 64-bit mode, in the two canonical halves. */
function windowsOf(registers: PagingRegisters): Window[] {
  if (!in64BitMode(registers)) return [{ first: 0, end: PAGES_32, base: 0 }];
  const half = 2 ** (linearBits(registers) - 13);
  return [
    { first: 0, end: half, base: 0 },
    { first: PAGES - half, end: PAGES, base: PAGES - 2 * half },
  ];
}

const follows = (run: Run, { page, frame, pageSize, rights, key }: Run): boolean =>
  run.page + run.count === page &&
  run.frame + run.count === frame &&
  run.pageSize === pageSize &&
  run.rights === rights &&
  run.key === key;

/** Reads the tables of one vCPU in order of linear address, and stops when it has enough. */
class Reader {
  readonly runs: Run[] = [];
  /** The page at which it stopped. */
  stoppedAt: number | undefined;
  private tables = 0;
  private readonly levels: readonly LevelWords[];

  constructor(
    private readonly paging: Paging,
    private readonly limit: number,
  ) {
    this.levels = levelWordsOf(paging);
  }

  /** Takes a run in, at the end; false if there is no room for it. */
  add(run: Run): boolean {
    const last = this.runs.at(-1);
    if (last && follows(last, run)) {
      last.count += run.count;
      return true;
    }
    if (this.runs.length === this.limit) {
      this.stoppedAt = run.page;
      return false;
    }
    this.runs.push(run);
    return true;
  }

  /**
   * Reads a table and what is below it.
   *
   * @param at its level, from the root, 0
   * @param table its address by frame and offset
   * @param window the pages wanted; `base` is the first page of the table
   * @returns false if it stopped
   */
  read(at: number, table: { frame: number; offset: number }, { first, end, base }: Window, rights: number): boolean {
    const page = this.paging.memory.page(table.frame);
    if (page === undefined) return true;
    if (this.tables++ === TABLES_MAX) {
      this.stoppedAt = Math.max(first, base);
      return false;
    }
    const level = this.levels[at];
    if (level === undefined) return true;
    const { pages } = level;
    const stop = Math.min(level.entries, Math.ceil((end - base) / pages));
    for (let index = Math.max(0, Math.floor((first - base) / pages)); index < stop; index++) {
      const offset = table.offset + level.offset(index);
      const low = level.low(page, offset);
      if ((low & ENTRY.present) === 0) continue;
      const high = level.high(page, offset);
      if (level.fault(low, high) !== 0) continue;
      const here = { first, end, base: base + index * pages };
      const granted = level.narrowed(low, high, rights);
      const more = level.isLeaf(low)
        ? this.addPage(level, low, high, here, granted)
        : this.read(at + 1, { frame: level.tableFrame(low, high), offset: 0 }, here, granted);
      if (!more) return false;
    }
    return true;
  }

  /** Takes in the part of a page that lies in the window. */
  private addPage(level: LevelWords, low: number, high: number, { first, end, base }: Window, rights: number): boolean {
    const page = Math.max(first, base);
    const keyed = this.paging.controls.pke && (rights & RIGHT.user) !== 0;
    return this.add({
      page,
      frame: level.pageFrame(low, high, 0) + page - base,
      count: Math.min(end, base + level.pages) - page,
      pageSize: level.pages * PAGE_SIZE,
      rights,
      key: keyed ? level.key(high) : undefined,
    });
  }
}

const NAMES = Object.keys(ACCESS) as (keyof typeof ACCESS)[];

const runOf = ({ page, frame, count, pageSize, rights, key }: Run): MappedRun => ({
  linearAddress: addressOf(page),
  size: addressOf(count),
  physicalAddress: addressOf(frame),
  ...(pageSize !== undefined && { pageSize }),
  rights: NAMES.filter((name) => (rights & RIGHT[name]) !== 0),
  ...(key !== undefined && { protectionKey: key }),
});

/**
 * What a vCPU's tables map of a range of linear addresses: what is present on every level, without reserved bits. Absent
 * parts cost nothing but the entry that says so. Nothing is checked against memory slots but the tables themselves.
 *
 * @param from the first address, rounded down to 4 KiB
 * @param to the address after the last one, rounded up; undefined for the end of all addresses
 * @param limit most runs of the answer, at least 1
 */
export function mappingsOf(
  vm: PagedMachine,
  registers: PagingRegisters,
  { from, to, limit }: { readonly from: bigint; readonly to?: bigint | undefined; readonly limit: number },
): Mappings {
  const paging = pagingOf(vm, registers, 'hardware');
  const reader = new Reader(paging, limit);
  const start = frameOf(from);
  const stop = to === undefined ? PAGES : frameOf(to + 0xfffn);
  for (const window of windowsOf(registers)) {
    const first = Math.max(start, window.first);
    const end = Math.min(stop, window.end);
    if (first >= end) continue;
    const everything = { page: first, frame: first, count: end - first, rights: ALL_RIGHTS };
    const more =
      paging.mode === undefined
        ? reader.add({ ...everything, pageSize: undefined, key: undefined })
        : reader.read(0, rootOf(paging), { ...window, first, end }, ALL_RIGHTS);
    if (!more) break;
  }
  const { stoppedAt, runs } = reader;
  return { runs: runs.map(runOf), ...(stoppedAt !== undefined && { next: addressOf(stoppedAt) }) };
}
