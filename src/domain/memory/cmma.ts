import { MARK } from './frame-marks.js';
import type { GuestMemory } from './guest-memory.js';
import { type Memslot, endOf } from './memslot.js';

/** CMMA usage states (s390-lifecycle section 8; ESSA). */
export const USAGE = { stable: 0, unused: 1, potentially_volatile: 2, volatile: 3 } as const;

/** The CMMA byte of KVM_S390_GET_CMMA_BITS: usage state and NODAT. */
export const CMMA_BYTE = { usage: 0x03, nodat: 0x40, all: 0x43 } as const;

/** How far MARK.usage and MARK.nodat are from their place in the CMMA byte. */
const USAGE_SHIFT = 8;
const NODAT_SHIFT = 4;

/** The CMMA byte that marks hold. */
export const cmmaByteOf = (marks: number): number =>
  ((marks & MARK.usage) >> USAGE_SHIFT) | ((marks & MARK.nodat) >> NODAT_SHIFT);

/** The marks that hold a CMMA byte. */
export const cmmaMarksOf = (byte: number): number =>
  ((byte & CMMA_BYTE.usage) << USAGE_SHIFT) | ((byte & CMMA_BYTE.nodat) << NODAT_SHIFT);

/** Whether the CMMA state of a frame of a slot waits to be collected. */
export const isCmmaDirty = (slot: Memslot, marks: number): boolean =>
  ((marks & MARK.cmmaDirty) !== 0) !== (slot.cmmaDirty === true);

/** The marks of a frame of a slot whose CMMA state waits to be collected, or does not. */
export const cmmaDirtyMark = (slot: Memslot, dirty: boolean): number =>
  dirty === (slot.cmmaDirty === true) ? 0 : MARK.cmmaDirty;

/** Frames of any slot from `first` up to, not including, `end` whose CMMA state waits to be collected, ascending; found as they are asked for. */
export function* cmmaDirtyFrames(memory: GuestMemory, first: number, end: number): Generator<number> {
  for (const slot of memory.slots) {
    const from = Math.max(first, slot.firstFrame);
    const to = Math.min(end, endOf(slot));
    if (from >= to) continue;
    const { marks } = memory;
    yield* slot.cmmaDirty ? marks.lacking(MARK.cmmaDirty, from, to) : marks.having(MARK.cmmaDirty, from, to);
  }
}

/** How many frames of a slot from `first` up to, not including, `end` wait to be collected. */
export function cmmaDirtyCount({ marks }: GuestMemory, slot: Memslot, first: number, end: number): number {
  const marked = marks.count(MARK.cmmaDirty, first, end);
  return slot.cmmaDirty ? end - first - marked : marked;
}
