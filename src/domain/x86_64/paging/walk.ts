import { type Absolute, addressOf } from '../../memory/address.js';
import { TRANSLATE_FAULTS } from './fault.js';
import { type LevelWords, levelWordsOf } from './level-words.js';
import { type Paging, rootOf } from './paging.js';
import { ALL_RIGHTS, type Denials, RIGHT, denialsOf } from './permissions.js';

const { privilege_violation, invalid_gpa } = TRANSLATE_FAULTS;

/**
 * Page walks with 32-bit numbers, for one vCPU as it is now. It remembers where the last walk ended; `explainWalk` says all
 * that there is to say of a walk.
 */
export class Walker {
  readonly levels: readonly LevelWords[];
  /** How deep the last walk went: the level at which it ended, from the root, 0. */
  depth = 0;
  /** Where the last walk read, or would have read, its last entry: the guest frame and the offset in it. */
  frame = 0;
  offset = 0;
  /** Whether the last walk came to a page whose protection key denies the access. */
  keyDenied = false;

  private readonly rootFrame: number;
  private readonly rootOffset: number;
  private readonly denials: Denials;

  /** @param paging with a mode: where paging is off there is nothing to walk */
  constructor(readonly paging: Paging) {
    const { frame, offset } = rootOf(paging);
    this.rootFrame = frame;
    this.rootOffset = offset;
    this.levels = levelWordsOf(paging);
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
    const { levels, denials, paging } = this;
    const { memory } = paging;
    const above = denials.above[access] ?? 0;
    this.keyDenied = false;
    let frame = this.rootFrame;
    let base = this.rootOffset;
    let rights: number = ALL_RIGHTS;
    for (let at = 0; ; at++) {
      const level = levels[at];
      if (level === undefined) throw new Error('the last level has no leaf');
      const offset = base + level.offset(level.index(high, low));
      base = 0;
      this.depth = at;
      this.frame = frame;
      this.offset = offset;
      const page = memory.page(frame);
      if (page === undefined) return -invalid_gpa;
      const entryLow = level.low(page, offset);
      const entryHigh = level.high(page, offset);
      const fault = level.fault(entryLow, entryHigh);
      if (fault !== 0) return -fault;
      rights = level.narrowed(entryLow, entryHigh, rights);
      if (level.isLeaf(entryLow)) {
        if (this.denied(access, rights, level.key(entryHigh))) return -privilege_violation;
        return level.pageFrame(entryLow, entryHigh, low);
      }
      if (((above >>> rights) & 1) !== 0 && level.judged) return -privilege_violation;
      frame = level.tableFrame(entryLow, entryHigh);
    }
  }

  /** The address of the entry at which the last walk ended. */
  get entryAddress(): Absolute {
    return addressOf(this.frame, this.offset);
  }

  /** Whether a page must not be accessed like this, by its rights or by its protection key. */
  private denied(access: number, rights: number, key: number): boolean {
    const { denials, paging } = this;
    const denying = denials.keys[access] ?? 0;
    if (denying !== 0 && (rights & RIGHT.user) !== 0)
      this.keyDenied = ((paging.controls.pkru >>> (2 * key)) & denying) !== 0;
    return this.keyDenied || (((denials.leaf[access] ?? 0) >>> rights) & 1) !== 0;
  }
}
