import type { GuestMemory } from './guest-memory.js';
import { endOf } from './memslot.js';

/** Frames that 64-bit addresses reach. */
const FRAMES = 1n << 52n;

/**
 * How many frames from `gfn` on memory slots back without a gap, at most `count`.
 *
 * @param gfn a guest frame number as a client gave it, 64 bits
 */
export function backedFrames({ slots }: Pick<GuestMemory, 'slots'>, gfn: bigint, count: number): number {
  if (gfn >= FRAMES) return 0;
  const first = Number(gfn);
  let end = first;
  for (const slot of slots) if (slot.firstFrame <= end && end < endOf(slot)) end = endOf(slot);
  return Math.min(end - first, count);
}
