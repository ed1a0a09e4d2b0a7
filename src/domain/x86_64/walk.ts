import { type Absolute, addressOf } from '../memory/address.js';
import { EntryWords } from './entry-words.js';
import { TRANSLATE_FAULTS } from './fault.js';
import { type Paging, rootOf } from './paging.js';
import { ALL_RIGHTS, type Denials, RIGHT, denialsOf } from './permissions.js';

const { privilege_violation, invalid_gpa } = TRANSLATE_FAULTS;

/** Levels of the deepest mode. */
const DEPTH = 5;

/**
 * Page walks with 32-bit numbers, for one vCPU as it is now. It keeps what the last walk read, level by level from the root;
 * `explainWalk` says the same of a walk in words.
 */
export class Walker {
  /** How deep the last walk went: the level at which it ended, from the root, 0. */
  depth = 0;
  /** Where the last walk read, or would have read, its entries: guest frame and offset in it. */
  readonly frames = new Float64Array(DEPTH);
  readonly offsets = new Int32Array(DEPTH);
  /** What it read there, as words; those of the last level mean nothing after `invalid_gpa`. */
  readonly lows = new Int32Array(DEPTH);
  readonly highs = new Int32Array(DEPTH);
  /** Whether the last walk came to a page whose protection key denies the access. */
  keyDenied = false;

  private readonly rootFrame: number;
  private readonly rootOffset: number;
  readonly entries: EntryWords;
  private readonly denials: Denials;

  /** @param paging with a mode: where paging is off there is nothing to walk */
  constructor(readonly paging: Paging) {
    const { frame, offset } = rootOf(paging);
    this.rootFrame = frame;
    this.rootOffset = offset;
    this.entries = new EntryWords(paging);
    this.denials = denialsOf(paging.reading, paging.controls);
  }

  /**
   * Walks to a linear address (walk_addr_generic). Bits that no index takes do not matter.
   *
   * @param high bits 63 to 32 of the address; `low` the rest
   * @param access bits of ACCESS
   * @returns the guest frame that the address lies in, or, negative, the number of a fault (x86-translate section 6)
   */
  walk(high: number, low: number, access: number): number {
    const { paging, entries, frames, offsets, lows, highs } = this;
    const { memory } = paging;
    const above = this.denials.above[access] ?? 0;
    this.keyDenied = false;
    let frame = this.rootFrame;
    let base = this.rootOffset;
    let rights: number = ALL_RIGHTS;
    for (let at = 0; ; at++) {
      const offset = base + entries.offsetOf(entries.index(at, high, low));
      base = 0;
      this.depth = at;
      frames[at] = frame;
      offsets[at] = offset;
      const page = memory.page(frame);
      if (page === undefined) return -invalid_gpa;
      const entryLow = entries.low(page, offset);
      const entryHigh = entries.high(page, offset);
      lows[at] = entryLow;
      highs[at] = entryHigh;
      const fault = entries.fault(at, entryLow, entryHigh);
      if (fault !== 0) return -fault;
      rights = entries.narrowed(at, entryLow, entryHigh, rights);
      if (entries.isLeaf(at, entryLow)) {
        if (this.denied(access, rights, entryHigh)) return -privilege_violation;
        return entries.pageFrame(at, entryLow, entryHigh, low);
      }
      if (((above >>> rights) & 1) !== 0) return -privilege_violation;
      frame = entries.tableFrame(entryLow, entryHigh);
    }
  }

  /** The address of the entry at which the last walk ended. */
  get entryAddress(): Absolute {
    return addressOf(this.frames[this.depth] ?? 0, this.offsets[this.depth]);
  }

  /** Whether a page must not be accessed like this, by its rights or by its protection key. */
  private denied(access: number, rights: number, entryHigh: number): boolean {
    const { denials, paging, entries } = this;
    const denying = denials.keys[access] ?? 0;
    if (denying !== 0 && (rights & RIGHT.user) !== 0)
      this.keyDenied = ((paging.controls.pkru >>> (2 * entries.key(entryHigh))) & denying) !== 0;
    return this.keyDenied || (((denials.leaf[access] ?? 0) >>> rights) & 1) !== 0;
  }
}
