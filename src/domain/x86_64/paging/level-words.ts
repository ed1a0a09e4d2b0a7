import { highWord, lowWord } from '../../memory/words.js';
import { ENTRY, KEY_SHIFT } from './entry.js';
import { TRANSLATE_FAULTS } from './fault.js';
import type { ActiveLevel, Paging } from './paging.js';
import { ALL_RIGHTS, RIGHT } from './permissions.js';

const { not_present, reserved_bits } = TRANSLATE_FAULTS;

/** The little-endian word at `at`, as a signed number. */
const wordAt = (page: Uint8Array, at: number): number =>
  (page[at] ?? 0) | ((page[at + 1] ?? 0) << 8) | ((page[at + 2] ?? 0) << 16) | ((page[at + 3] ?? 0) << 24);

/** One level of one vCPU's tables, whose entries are pairs of signed 32-bit words: what it says of them. */
export class LevelWords {
  /** 4 KiB pages that an entry is about. */
  readonly pages: number;
  /** Whether rights are judged at an entry that maps no page. */
  readonly judged: boolean;
  private readonly shift: number;
  private readonly indexMask: number;
  private readonly leafBit: number;
  /** Rights that entries grant whatever is in them. */
  private readonly granted: number;
  private readonly reservedLow: number;
  private readonly reservedHigh: number;
  private readonly largeReservedLow: number;
  private readonly largeReservedHigh: number;

  /** @param wide whether entries have 8 bytes, else 4 */
  constructor(
    { shift, indexBits, leafBit, restricts, judged, reservedBits: [reserved, largeReserved] }: ActiveLevel,
    private readonly wide: boolean,
  ) {
    this.pages = 2 ** (shift - 12);
    this.judged = judged;
    this.shift = shift;
    this.indexMask = (1 << indexBits) - 1;
    this.leafBit = leafBit;
    this.granted = restricts ? 0 : ALL_RIGHTS;
    this.reservedLow = lowWord(reserved) | 0;
    this.reservedHigh = highWord(reserved) | 0;
    this.largeReservedLow = lowWord(largeReserved) | 0;
    this.largeReservedHigh = highWord(largeReserved) | 0;
  }

  /** How many entries a table has. */
  get entries(): number {
    return this.indexMask + 1;
  }

  /** The index of the entry for an address, by the address's words. */
  index(high: number, low: number): number {
    const { shift } = this;
    const bits = shift < 32 ? (high << (32 - shift)) | (low >>> shift) : high >>> (shift - 32);
    return bits & this.indexMask;
  }

  /** The offset in its table of the entry with an index. */
  offset(index: number): number {
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
  fault(low: number, high: number): number {
    if ((low & ENTRY.present) === 0) return not_present;
    const set =
      (low & ENTRY.pageSize) === 0
        ? (low & this.reservedLow) | (high & this.reservedHigh)
        : (low & this.largeReservedLow) | (high & this.largeReservedHigh);
    return set === 0 ? 0 : reserved_bits;
  }

  /** What is left of `rights` after this entry. */
  narrowed(low: number, high: number, rights: number): number {
    return rights & ((low & (RIGHT.write | RIGHT.user)) | (~high >>> 31) | this.granted);
  }

  /** Whether the entry maps a page. */
  isLeaf(low: number): boolean {
    return (low & this.leafBit) !== 0;
  }

  /** The frame of the table that an entry points to. */
  tableFrame(low: number, high: number): number {
    return (high & 0xfffff) * 0x100000 + (low >>> 12);
  }

  /** The frame of an address in the page that an entry maps, by the address's lower word. */
  pageFrame(low: number, high: number, addressLow: number): number {
    const within = (1 << (this.shift - 12)) - 1;
    const upper = this.wide ? high & 0xfffff : this.shift > 12 ? (low >>> 13) & 15 : 0;
    return upper * 0x100000 + (((low >>> 12) & ~within) | ((addressLow >>> 12) & within));
  }

  /** The protection key in an entry that maps a page. */
  key(high: number): number {
    return (high >>> KEY_SHIFT) & 15;
  }
}

/** The levels of a vCPU's tables, from the root down. */
export const levelWordsOf = ({ levels, mode }: Paging): readonly LevelWords[] =>
  levels.map((level) => new LevelWords(level, mode?.entrySize === 8));
