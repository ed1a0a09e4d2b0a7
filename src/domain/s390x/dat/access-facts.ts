import { type Fragment, partsOf } from '../../memory/address.js';
import type { Event } from '../../vm/facts/event.js';

/**
 * The facts of an access that reached `pieces`: they were read, or, with `data`, hold its first bytes now. A store that was
 * stopped on the way has stored what lies before.
 */
export function accessFacts(pieces: readonly Fragment[], data?: Uint8Array): Event[] {
  const parts = partsOf(pieces);
  if (parts.length === 0) return [];
  if (data === undefined) return [{ type: 'memory_read', parts }];
  const size = pieces.reduce((sum, piece) => sum + piece.size, 0);
  return [{ type: 'memory_stored', parts, data: size === data.length ? data : data.slice(0, size) }];
}

/** The fact of a store that a page's key refused: the page was made writable before its key was looked at. */
export const refusedStore = (piece: Fragment): Event => ({ type: 'memory_made_writable', parts: partsOf([piece]) });
