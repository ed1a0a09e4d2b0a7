import { type AccessContext, hasSlot } from './access-context.js';
import { ASCE, type Asce } from './asce.js';
import { HOST_FAULT, fault } from './fault.js';
import { absoluteFrame } from './prefixing.js';
import { frameOfWords, wordAt, wrapFrame } from '../model/words.js';

/** DAT tables by level: the designation type of an ASCE, the table type of an entry; the page table is below them all. */
export const LEVEL = { page: -1, segment: 0, region_third: 1, region_second: 2, region_first: 3 } as const;

/** Bits of a region- or segment-table entry, all in its lower word (PoP, "Region-Table Entries", "Segment-Table Entry"). */
export const ENTRY = {
  large: 0x400,
  protected: 0x200,
  noExec: 0x100,
  offset: 0xc0,
  offsetShift: 6,
  invalid: 0x20,
  common: 0x10,
  type: 0x0c,
  typeShift: 2,
  length: 0x03,
} as const;

/** Bits of a page-table entry, all in its lower word (PoP, "Page-Table Entry"). */
export const PTE = { zero: 0x800, invalid: 0x400, protected: 0x200, noExec: 0x100 } as const;

/** Is told every table entry that a walk reads, in order: level, index, where it is, and its two words. */
export interface WalkObserver {
  datEntry(level: number, index: number, frame: number, offset: number, high: number, low: number): void;
}

/** Exceptions of an index outside a table or an invalid entry, by level. */
const TRANSLATION = [
  'segment_translation',
  'region_third_translation',
  'region_second_translation',
  'region_first_translation',
] as const;

const translationFault = (reason: 'designation_length' | 'entry_invalid' | 'entry_length', level: number): number =>
  fault(reason, TRANSLATION[level] ?? 'segment_translation');

/** The index into the table of a level: bits 0-10, 11-21, 22-32 or 33-43 of the address. */
function indexAt(level: number, high: number, low: number): number {
  if (level === LEVEL.segment) return (low >>> 20) & 0x7ff;
  if (level === LEVEL.region_third) return ((high & 0x3ff) << 1) | (low >>> 31);
  return level === LEVEL.region_second ? (high >>> 10) & 0x7ff : high >>> 21;
}

/** Bits of the upper word that lie left of the first index of each designation type. */
const BEYOND = [0xffffffff, 0xfffffc00, 0xffe00000, 0] as const;

/** Whether the address is too big for the designation type (ASCE-type exception). */
function beyond(level: number, high: number, low: number): boolean {
  return (high & (BEYOND[level] ?? 0)) !== 0 || (level === LEVEL.segment && low >>> 31 !== 0);
}

/** The checks that follow translation, in KVM's order: DAT protection, instruction-execution protection, storage there. */
function arrive(context: AccessContext, frame: number, store: boolean, instruction: boolean, bits: number): number {
  if (store && (bits & ENTRY.protected) !== 0) return fault('dat_protection', 'protection');
  if (instruction && context.iep && (bits & ENTRY.noExec) !== 0)
    return fault('instruction_execution_protection', 'protection');
  return hasSlot(context, frame) ? frame : fault('page_addressing', 'addressing');
}

/**
 * Dynamic address translation of one effective address (PoP, "Dynamic Address Translation"; guest_translate_gva).
 *
 * @param high bits 0-31 of the address; `low` the rest
 * @param store whether DAT protection stops the access
 * @param instruction whether instruction-execution protection stops it
 * @returns the absolute frame number, or a fault (negative)
 */
export function walk(
  context: AccessContext,
  asce: Asce,
  high: number,
  low: number,
  store: boolean,
  instruction: boolean,
  observer?: WalkObserver,
): number {
  const { memory, prefixFrame, edat1, edat2 } = context;
  if ((asce.low & ASCE.realSpace) !== 0)
    return arrive(context, absoluteFrame(frameOfWords(high, low), prefixFrame), store, instruction, 0);
  const privateSpace = (asce.low & ASCE.private) !== 0;
  let level = (asce.low & ASCE.type) >>> ASCE.typeShift;
  if (beyond(level, high, low)) return fault('asce_type', 'asce_type');
  let index = indexAt(level, high, low);
  if (index >>> 9 > (asce.low & ASCE.length)) return translationFault('designation_length', level);
  let entryHigh = asce.high;
  let entryLow = asce.low;
  let protection = 0;
  for (;;) {
    const frame = wrapFrame(frameOfWords(entryHigh, entryLow) + (index >>> 9));
    const offset = (index & 0x1ff) << 3;
    const page = memory.page(frame);
    if (page === undefined) return hasSlot(context, frame) ? HOST_FAULT : fault('table_addressing', 'addressing');
    entryHigh = wordAt(page, offset);
    entryLow = wordAt(page, offset + 4);
    observer?.datEntry(level, index, frame, offset, entryHigh, entryLow);
    if ((entryLow & ENTRY.invalid) !== 0) return translationFault('entry_invalid', level);
    if ((entryLow & ENTRY.type) >>> ENTRY.typeShift !== level) return fault('entry_type', 'translation_specification');
    const segment = level === LEVEL.segment;
    if (segment || (level === LEVEL.region_third && edat2)) {
      if (privateSpace && (entryLow & ENTRY.common) !== 0) return fault('common_entry', 'translation_specification');
      if ((entryLow & ENTRY.large) !== 0 && edat1) {
        const within = segment ? 0x000fffff : 0x7fffffff;
        const large = frameOfWords(entryHigh, ((entryLow & ~within) | (low & within)) >>> 0);
        return arrive(context, large, store, instruction, protection | entryLow);
      }
    }
    if (segment || edat1) protection |= entryLow & ENTRY.protected;
    if (segment) break;
    level--;
    index = indexAt(level, high, low);
    const block = index >>> 9;
    if (block < (entryLow & ENTRY.offset) >>> ENTRY.offsetShift || block > (entryLow & ENTRY.length))
      return translationFault('entry_length', level);
  }

  const pageIndex = (low >>> 12) & 0xff;
  const frame = frameOfWords(entryHigh, entryLow);
  const offset = (entryLow & 0x800) | (pageIndex << 3);
  const page = memory.page(frame);
  if (page === undefined) return hasSlot(context, frame) ? HOST_FAULT : fault('table_addressing', 'addressing');
  entryHigh = wordAt(page, offset);
  entryLow = wordAt(page, offset + 4);
  observer?.datEntry(LEVEL.page, pageIndex, frame, offset, entryHigh, entryLow);
  if ((entryLow & PTE.invalid) !== 0) return fault('entry_invalid', 'page_translation');
  if ((entryLow & PTE.zero) !== 0) return fault('reserved_bit', 'translation_specification');
  const real = frameOfWords(entryHigh, entryLow);
  return arrive(context, absoluteFrame(real, prefixFrame), store, instruction, protection | entryLow);
}
