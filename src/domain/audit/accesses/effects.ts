import { type Part, PAGE_SIZE, addressOf, frameOf } from '../../memory/address.js';
import type { Event, EventOf, EventType } from '../../vm/facts/event.js';
import type { Access, AccessKind } from './access.js';

/** What a fact says of memory: how it was accessed and where. */
export interface Effect extends Pick<Access, 'kind' | 'resolved' | 'stored' | 'replaced'> {
  /** It happened on the way to what was asked for: a walk marked the entries that it used. */
  readonly aside?: true;
}

type Effects = { readonly [Type in EventType]?: (event: EventOf<Type>) => Effect };

const pages = (frame: number, count: number): Part[] =>
  count === 0 ? [] : [{ absolute: addressOf(frame), size: count * PAGE_SIZE }];

const read = (kind: AccessKind, resolved: readonly Part[]): Effect => ({ kind, resolved, stored: [] });
const write = (kind: AccessKind, resolved: readonly Part[]): Effect => ({ kind, resolved, stored: resolved });

const replace = (replaced: NonNullable<Access['replaced']>): Effect => ({ ...read('replace', []), replaced });

const onFrame = (kind: AccessKind, absolute: bigint): Effect => read(kind, pages(frameOf(absolute), 1));

/** What each fact says of memory; one that is not here says nothing of it. */
const EFFECTS: Effects = {
  memory_loaded: ({ parts }) => write('write', parts),
  memory_read: ({ parts }) => read('read', parts),
  memory_stored: ({ parts }) => write('write', parts),
  memory_compared: ({ parts }) => read('cmpxchg', parts),
  table_entries_set: ({ parts }) => ({ ...write('write', parts), aside: true }),
  frames_cleared: ({ absolute, pages: count }) => write('clear', pages(frameOf(absolute), count)),
  image_unpacked: ({ absolute, pages: count }) => read('unpack', pages(frameOf(absolute), count)),
  storage_keys_set: ({ startGfn, data }) => read('key_write', pages(Number(startGfn), data.length)),
  storage_key_set: ({ absolute }) => onFrame('key_write', absolute),
  page_state_set: ({ absolute }) => onFrame('cmma_write', absolute),
  cmma_values_set: ({ startGfn, data }) => read('cmma_write', pages(Number(startGfn), data.length)),
  cmma_collected: ({ startGfn, count }) => read('cmma_read', pages(Number(startGfn), count)),
  page_borrowed: ({ page }) => replace({ page }),
  page_returned: ({ page }) => replace({ page }),
  page_discarded: ({ page }) => replace({ page }),
  pages_lost: ({ lender }) => replace({ lender }),
};

/** What a fact says of memory, if it says anything. */
export function effectOf(event: Event): Effect | undefined {
  const effect = EFFECTS[event.type] as ((event: Event) => Effect) | undefined;
  return effect?.(event);
}
