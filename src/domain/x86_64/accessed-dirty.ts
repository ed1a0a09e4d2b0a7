import { type Part, addressOf } from '../memory/address.js';
import type { Event } from '../vm/event.js';
import { ENTRY } from './entry.js';
import type { Walker } from './walk.js';

/** What setting accessed and dirty bits comes to. */
export interface EntryUpdates {
  /** None if there is nothing to set. */
  readonly facts: readonly Event[];
  /** Whether an entry that needed a bit is in a slot that the guest must not write. */
  readonly suppressed: boolean;
}

const NOTHING: EntryUpdates = { facts: [], suppressed: false };

/** Stores the lower word of an entry, and the upper one if it has 8 bytes. */
function store(view: DataView, at: number, size: number, low: number, high: number): void {
  view.setInt32(at, low, true);
  if (size === 8) view.setInt32(at + 4, high, true);
}

/**
 * Sets the accessed bit of the entries that the last walk of `walker` read, from the root down, and perhaps the dirty bit of the
 * last of them (update_accessed_dirty_bits, x86-translate section 10). Entries that have the bits are not written; neither
 * are those in read-only slots.
 *
 * @param count how many of the levels, from the root on
 * @param dirty whether the last of these levels gets the dirty bit
 */
export function updateEntries(walker: Walker, count: number, dirty: boolean): EntryUpdates {
  const { paging, frames, offsets, lows, highs } = walker;
  const size = paging.mode?.entrySize ?? 8;
  const parts: Part[] = [];
  const data = new Uint8Array(count * size);
  const view = new DataView(data.buffer);
  let suppressed = false;
  for (let at = 0; at < count; at++) {
    if (paging.levels[at]?.restricts === false) continue;
    const wanted = dirty && at === count - 1 ? ENTRY.accessed | ENTRY.dirty : ENTRY.accessed;
    const low = lows[at] ?? 0;
    if ((low & wanted) === wanted) continue;
    const frame = frames[at] ?? 0;
    if (paging.memory.slotAt(frame)?.flags.includes('readonly') === true) {
      suppressed = true;
      continue;
    }
    store(view, parts.length * size, size, low | wanted, highs[at] ?? 0);
    parts.push({ absolute: addressOf(frame, offsets[at]), size });
  }
  if (parts.length === 0) return suppressed ? { facts: [], suppressed } : NOTHING;
  return { facts: [{ type: 'table_entries_set', parts, data: data.slice(0, parts.length * size) }], suppressed };
}
