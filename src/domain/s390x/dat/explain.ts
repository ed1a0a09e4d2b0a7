import { type Absolute, addressOf } from '../../memory/address.js';
import type { ArObserver, ArTable } from './access-registers.js';
import { ENTRY, LEVEL, PTE, type WalkObserver } from './walk.js';
import { doublewordOf } from '../model/words.js';

/** A table entry that a translation read, as it is answered with `explain`. */
export interface WalkStep {
  /** 5 region-first to 2 segment, 1 page table; 0 a table of access-register translation. */
  readonly level: number;
  readonly table: DatTable | ArTable;
  readonly index: number;
  /** Where the entry was read: an absolute address. */
  readonly entryAddress: Absolute;
  /** The entry's bytes as one big-endian number; 8 bytes for DAT tables. */
  readonly entry: bigint;
  readonly flags: readonly string[];
  /** Bytes of the page or large frame, on the entry that maps it. */
  readonly pageSize?: number;
  /** The origin of the next table, or the frame that the entry maps. */
  readonly next?: bigint;
}

/** DAT tables by level, from the page table up. */
const DAT_TABLES = ['page', 'segment', 'region_third', 'region_second', 'region_first'] as const;

export type DatTable = (typeof DAT_TABLES)[number];

/** Bytes that a segment-table and a region-third-table entry with format control map. */
const LARGE = { [LEVEL.segment]: 2 ** 20, [LEVEL.region_third]: 2 ** 31 } as const;

interface Shape {
  readonly pageSize?: number;
  readonly next: bigint;
}

interface DatEntry {
  readonly level: number;
  readonly index: number;
  readonly address: Absolute;
  readonly high: number;
  readonly low: number;
}

const namesOf = (low: number, bits: Readonly<Record<string, number>>): string[] =>
  Object.keys(bits).filter((name) => (low & (bits[name] ?? 0)) !== 0);

const PTE_FLAGS = { invalid: PTE.invalid, protected: PTE.protected, no_exec: PTE.noExec, reserved: PTE.zero };
const FRAME_FLAGS = {
  invalid: ENTRY.invalid,
  protected: ENTRY.protected,
  common: ENTRY.common,
  large: ENTRY.large,
  no_exec: ENTRY.noExec,
};
const SEGMENT_FLAGS = { invalid: ENTRY.invalid, protected: ENTRY.protected, common: ENTRY.common };
const REGION_FLAGS = { invalid: ENTRY.invalid, protected: ENTRY.protected };

/**
 * Collects what a translation reads, in order, as the observer of its walk (cheaply; `steps` is what costs), and knows the size of
 * the page that it ended on.
 */
export class Explanation implements ArObserver, WalkObserver {
  private readonly ar: WalkStep[] = [];
  private readonly dat: DatEntry[] = [];

  /** @param large the levels whose format control counts: segment with EDAT1, region-third with EDAT2 */
  constructor(private readonly large: { readonly edat1: boolean; readonly edat2: boolean }) {}

  arEntry(table: ArTable, index: number, real: number, frame: number, bytes: Uint8Array): void {
    const entry = bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
    this.ar.push({ level: 0, table, index, entryAddress: addressOf(frame, real % 4096), entry, flags: [] });
  }

  datEntry(level: number, index: number, frame: number, offset: number, high: number, low: number): void {
    this.dat.push({ level, index, address: addressOf(frame, offset), high, low });
  }

  /** Bytes of the page that the translation ended on, if it ended on one: 4096, 1 MiB or 2 GiB. */
  get pageSize(): number {
    const last = this.dat.at(-1);
    return (last && this.shapeOf(last).pageSize) ?? 4096;
  }

  /** The entries as they are answered. */
  steps(): WalkStep[] {
    return [...this.ar, ...this.dat.map((entry) => this.stepOf(entry))];
  }

  private largeSize({ level, low }: DatEntry): number | undefined {
    if ((low & ENTRY.large) === 0) return undefined;
    if (level === LEVEL.segment && this.large.edat1) return LARGE[LEVEL.segment];
    return level === LEVEL.region_third && this.large.edat2 ? LARGE[LEVEL.region_third] : undefined;
  }

  private shapeOf(entry: DatEntry): Shape {
    const value = doublewordOf(entry.high, entry.low);
    if (entry.level === LEVEL.page) return { pageSize: 4096, next: value & ~0xfffn };
    const size = this.largeSize(entry);
    if (size !== undefined) return { pageSize: size, next: value & ~(BigInt(size) - 1n) };
    return { next: entry.level === LEVEL.segment ? value & ~0x7ffn : value & ~0xfffn };
  }

  private flagsOf(entry: DatEntry): string[] {
    if (entry.level === LEVEL.page) return namesOf(entry.low, PTE_FLAGS);
    if (this.largeSize(entry) !== undefined) return namesOf(entry.low, FRAME_FLAGS);
    const counts = entry.level === LEVEL.segment || (entry.level === LEVEL.region_third && this.large.edat2);
    return namesOf(entry.low, counts ? SEGMENT_FLAGS : REGION_FLAGS);
  }

  private stepOf(entry: DatEntry): WalkStep {
    const flags = this.flagsOf(entry);
    return {
      level: entry.level + 2,
      table: DAT_TABLES[entry.level + 1] ?? 'page',
      index: entry.index,
      entryAddress: entry.address,
      entry: doublewordOf(entry.high, entry.low),
      flags,
      ...(!flags.includes('invalid') && this.shapeOf(entry)),
    };
  }
}
