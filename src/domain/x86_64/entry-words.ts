import { highWord, lowWord } from '../memory/words.js';
import { ENTRY, KEY_SHIFT } from './entry.js';
import { TRANSLATE_FAULTS } from './fault.js';
import type { Paging } from './paging.js';
import { ALL_RIGHTS, RIGHT } from './permissions.js';

const { not_present, reserved_bits } = TRANSLATE_FAULTS;

/** The little-endian word at `at`, as a signed number. */
const wordAt = (page: Uint8Array, at: number): number =>
  (page[at] ?? 0) | ((page[at + 1] ?? 0) << 8) | ((page[at + 2] ?? 0) << 16) | ((page[at + 3] ?? 0) << 24);

/** Entries of one vCPU's tables as pairs of 32-bit words: what each level says of them. Levels count from the root, 0. */
export class EntryWords {
  /** The lowest bit of the address that each level's index takes. */
  readonly shifts: Int32Array;
  private readonly wide: boolean;
  private readonly indexMasks: Int32Array;
  private readonly leafBits: Int32Array;
  /** Rights that entries grant whatever is in them. */
  private readonly granted: Int32Array;
  /** Reserved bits of entries with bit 7 clear and set, level by level. */
  private readonly reservedLow: Int32Array;
  private readonly reservedHigh: Int32Array;

  constructor({ levels, mode }: Paging) {
    this.wide = mode?.entrySize === 8;
    this.shifts = Int32Array.from(levels, ({ shift }) => shift);
    this.indexMasks = Int32Array.from(levels, ({ indexBits }) => (1 << indexBits) - 1);
    this.leafBits = Int32Array.from(levels, ({ leafBit }) => leafBit);
    this.granted = Int32Array.from(levels, ({ restricts }) => (restricts ? 0 : ALL_RIGHTS));
    const reserved = levels.flatMap((level) => level.reservedBits);
    this.reservedLow = Int32Array.from(reserved, lowWord);
    this.reservedHigh = Int32Array.from(reserved, highWord);
  }

  /** The index of the entry for an address. */
  index(at: number, high: number, low: number): number {
    const shift = this.shifts[at] ?? 12;
    const bits = shift < 32 ? (high << (32 - shift)) | (low >>> shift) : high >>> (shift - 32);
    return bits & (this.indexMasks[at] ?? 0);
  }

  /** The offset in its table of the entry with an index. */
  offsetOf(index: number): number {
    return this.wide ? index << 3 : index << 2;
  }

  low(page: Uint8Array, offset: number): number {
    return wordAt(page, offset);
  }

  /** The upper word of an entry; 0 of one that has 4 bytes. */
  high(page: Uint8Array, offset: number): number {
    return this.wide ? wordAt(page, offset + 4) : 0;
  }

  /** 0 for an entry that a walk can go on with, else the number of the fault. */
  fault(at: number, low: number, high: number): number {
    if ((low & ENTRY.present) === 0) return not_present;
    const row = (at << 1) | ((low & ENTRY.pageSize) >>> 7);
    return ((low & (this.reservedLow[row] ?? 0)) | (high & (this.reservedHigh[row] ?? 0))) === 0 ? 0 : reserved_bits;
  }

  /** What is left of `rights` after this entry. */
  narrowed(at: number, low: number, high: number, rights: number): number {
    return rights & ((low & (RIGHT.write | RIGHT.user)) | (~high >>> 31) | (this.granted[at] ?? 0));
  }

  /** Whether the entry maps a page. */
  isLeaf(at: number, low: number): boolean {
    return (low & (this.leafBits[at] ?? 0)) !== 0;
  }

  /** The frame of the table that an entry points to. */
  tableFrame(low: number, high: number): number {
    return (high & 0xfffff) * 0x100000 + (low >>> 12);
  }

  /** The frame of an address in the page that an entry maps. */
  pageFrame(at: number, low: number, high: number, addressLow: number): number {
    const shift = this.shifts[at] ?? 12;
    const within = (1 << (shift - 12)) - 1;
    const upper = this.wide ? high & 0xfffff : shift > 12 ? (low >>> 13) & 15 : 0;
    return upper * 0x100000 + (((low >>> 12) & ~within) | ((addressLow >>> 12) & within));
  }

  /** The protection key in an entry that maps a page. */
  key(high: number): number {
    return (high >>> KEY_SHIFT) & 15;
  }
}
