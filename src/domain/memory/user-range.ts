import { addressOf, frameOf } from './address.js';
import type { Memslot } from './memslot.js';

/** Pages of 1 MiB, a segment. */
const SEGMENT = 256;

/** The page after the last one of the VMM's addresses. */
const PAGES = 2 ** 52 - 1;

const aligned = (page: number): number => Math.ceil(page / SEGMENT) * SEGMENT;

const afterOf = ({ firstPage, frames }: Memslot): number => firstPage + frames;

function freePage(slots: readonly Memslot[], frames: number): number {
  const above = slots.reduce((page, slot) => Math.max(page, aligned(afterOf(slot))), 0);
  if (above + frames <= PAGES) return above;
  let gap = 0;
  for (const slot of [...slots].sort((a, b) => a.firstPage - b.firstPage)) {
    if (gap + frames <= slot.firstPage) return gap;
    gap = Math.max(gap, aligned(afterOf(slot)));
  }
  return gap;
}

/**
 * A range of the VMM's addresses for a new slot: the same as in the guest if no slot uses any of it, else the first
 * 1 MiB aligned one above all that are in use, or where that is past the end of all addresses the first gap.
 *
 * @param guestPhysAddr where the slot starts, in bytes, page aligned
 * @param size bytes, whole pages
 * @returns the first address, in bytes
 */
export function freeRange(slots: readonly Memslot[], guestPhysAddr: bigint, size: bigint): bigint {
  const first = frameOf(guestPhysAddr);
  const frames = frameOf(size);
  const used = slots.some((slot) => slot.firstPage < first + frames && first < afterOf(slot));
  return used ? addressOf(freePage(slots, frames)) : guestPhysAddr;
}
