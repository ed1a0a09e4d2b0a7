import { type Part, addressOf } from '../../memory/address.js';
import { highWord, lowWord } from '../../memory/words.js';
import type { Event } from '../../vm/facts/event.js';
import { ENTRY } from './entry.js';
import { rootOf } from './paging.js';
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
 * Sets the accessed bit of the entries on the way to an address, from the root down, and perhaps the dirty bit of the last of
 * them (update_accessed_dirty_bits, x86-translate section 10). Entries that have the bits are not written; neither are
 * those in read-only slots.
 *
 * @param linear an address to which a walk has gone as far as `count` levels
 * @param dirty whether the last of these levels gets the dirty bit
 */
export function updateEntries({ paging, levels }: Walker, linear: bigint, count: number, dirty: boolean): EntryUpdates {
  const { memory } = paging;
  const size = paging.mode?.entrySize ?? 8;
  const parts: Part[] = [];
  const data = new Uint8Array(count * size);
  const view = new DataView(data.buffer);
  let suppressed = false;
  let { frame, offset: base } = rootOf(paging);
  for (const [at, level] of levels.slice(0, count).entries()) {
    const offset = base + level.offset(level.index(highWord(linear), lowWord(linear)));
    const page = memory.page(frame);
    if (page === undefined) break;
    const low = level.low(page, offset);
    const high = level.high(page, offset);
    const wanted = dirty && at === count - 1 ? ENTRY.accessed | ENTRY.dirty : ENTRY.accessed;
    if (paging.levels[at]?.restricts === true && (low & wanted) !== wanted) {
      if (memory.slotAt(frame)?.flags.includes('readonly') === true) suppressed = true;
      else {
        store(view, parts.length * size, size, low | wanted, high);
        parts.push({ absolute: addressOf(frame, offset), size });
      }
    }
    frame = level.tableFrame(low, high);
    base = 0;
  }
  if (parts.length === 0) return suppressed ? { facts: [], suppressed } : NOTHING;
  return { facts: [{ type: 'table_entries_set', parts, data: data.slice(0, parts.length * size) }], suppressed };
}
