import { PAGE_SIZE, type Part, addressOf, asAbsolute, frameOf, offsetOf } from '../../memory/address.js';
import type { RemotePages } from '../../memory/guest-memory.js';
import { type Memslot, endOf } from '../../memory/memslot.js';
import type { LentPage } from '../../vm/state.js';

/** What of a slot says where its pages are. */
export type MapSlot = Pick<Memslot, 'slot' | 'firstFrame' | 'frames' | 'firstPage'>;

/** What guest memory is made of: which of the VMM's pages are behind which frames, and which of those are another VM's too. */
export interface MemoryMap {
  /** Ascending by guest frame; no two overlap. */
  readonly slots: readonly MapSlot[];
  readonly remote: RemotePages;
  readonly lent: readonly LentPage[];
}

export const NO_MEMORY: MemoryMap = { slots: [], remote: new Map(), lent: [] };

/** Bytes of the pages of a VM's VMM: `offset` in the first page, and `size` from there on. */
export interface PageRun {
  readonly vm: string;
  readonly page: number;
  readonly offset: number;
  readonly size: number;
}

/** A part of guest memory and the pages that hold it; the run is undefined where no slot is. */
export interface Backing extends Part {
  readonly run: PageRun | undefined;
}

const bytesOf = (pages: number): number => pages * PAGE_SIZE;

/** Cuts a run of a VM's own pages where pages are that it borrowed: those are the lender's. */
function* withLenders({ remote }: MemoryMap, part: Part, own: PageRun): Generator<Backing> {
  const end = own.page + Math.floor((own.offset + own.size - 1) / PAGE_SIZE);
  const borrowed = [...remote.keys()].filter((page) => page >= own.page && page <= end).sort((a, b) => a - b);
  /** Bytes of the run before a page. */
  const before = (page: number): number =>
    Math.min(own.size, Math.max(0, bytesOf(page - own.page) - (page > own.page ? own.offset : 0)));
  const piece = (from: number, to: number, run: Omit<PageRun, 'size' | 'offset'>): Backing => ({
    absolute: asAbsolute(part.absolute + BigInt(from)),
    size: to - from,
    run: { ...run, offset: (own.offset + from) % PAGE_SIZE, size: to - from },
  });
  const pageAt = (at: number): number => own.page + Math.floor((own.offset + at) / PAGE_SIZE);
  let at = 0;
  for (const page of borrowed) {
    const [from, to] = [before(page), before(page + 1)];
    const lender = remote.get(page);
    if (from > at) yield piece(at, from, { vm: own.vm, page: pageAt(at) });
    if (lender && to > from) yield piece(from, to, lender);
    at = to;
  }
  if (at < own.size) yield piece(at, own.size, { vm: own.vm, page: pageAt(at) });
}

/** The first slot that does not end before a frame; as many as there are slots if none does. */
function slotFrom({ slots }: MemoryMap, frame: number): number {
  let low = 0;
  for (let high = slots.length; low < high;) {
    const middle = (low + high) >>> 1;
    const slot = slots[middle];
    if (slot && endOf(slot) <= frame) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What is behind a part of guest memory, in order of address; what wraps at 2^64 is left out. */
export function* backingsOf(vm: string, map: MemoryMap, { absolute, size }: Part): Generator<Backing> {
  const room = (1n << 64n) - absolute;
  const all = BigInt(size) < room ? size : Number(room);
  const part = (from: number, to: number): Part => ({ absolute: asAbsolute(absolute + BigInt(from)), size: to - from });
  const first = frameOf(absolute);
  const offset = offsetOf(absolute);
  /** Bytes of the range before a frame. */
  const before = (frame: number): number => Math.min(all, Math.max(0, bytesOf(frame - first) - offset));
  let at = 0;
  for (let i = slotFrom(map, first); at < all; i++) {
    const slot = map.slots[i];
    if (slot === undefined) break;
    const [from, to] = [before(slot.firstFrame), before(endOf(slot))];
    if (to <= from) break;
    if (from > at) yield { ...part(at, from), run: undefined };
    const begin = part(from, to);
    const page = slot.firstPage + frameOf(begin.absolute) - slot.firstFrame;
    yield* withLenders(map, begin, { vm, page, offset: offsetOf(begin.absolute), size: to - from });
    at = to;
  }
  if (at < all) yield { ...part(at, all), run: undefined };
}

/** Where in guest memory a run of a VM's own pages is, wherever it is. */
export function* framesOf({ slots }: MemoryMap, { page, offset, size }: Omit<PageRun, 'vm'>): Generator<Part> {
  for (const slot of slots) {
    const shift = slot.firstPage - page;
    const from = Math.max(offset, bytesOf(shift));
    const to = Math.min(offset + size, bytesOf(shift + slot.frames));
    if (from >= to) continue;
    const frame = slot.firstFrame + Math.floor(from / PAGE_SIZE) - shift;
    yield { absolute: addressOf(frame, from % PAGE_SIZE), size: to - from };
  }
}
