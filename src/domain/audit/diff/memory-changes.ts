import type { Digester } from '../../digester.js';
import { PAGE_SIZE, type Part, addressOf, frameOf } from '../../memory/address.js';
import { erasedBy } from '../../memory/erased.js';
import type { GuestMemory } from '../../memory/guest-memory.js';
import { type Memslot, endOf } from '../../memory/memslot.js';

/** A run of memory whose bytes are not what they were; or a page of which that cannot be told, and which record erased it. */
export interface ChangedPart extends Part {
  readonly erased?: number;
}

/** Frames, first to last inclusive, that one slot backs before and one slot after. */
interface Stretch {
  readonly first: number;
  readonly last: number;
  readonly before: Memslot;
  readonly after: Memslot;
}

/** The stretches of frames that slots back both times, in order, from a frame on. */
function* stretches(before: GuestMemory, after: GuestMemory, from: number): Generator<Stretch> {
  for (let i = 0, j = 0; ;) {
    const [was, is] = [before.slots[i], after.slots[j]];
    if (was === undefined || is === undefined) return;
    const first = Math.max(was.firstFrame, is.firstFrame, from);
    const end = Math.min(endOf(was), endOf(is));
    if (first < end) yield { first, last: end - 1, before: was, after: is };
    if (endOf(was) <= endOf(is)) i++;
    else j++;
  }
}

/** Numbers of several ascending lists in order, each once. */
function* inOrder(...lists: readonly Iterator<number, unknown>[]): Generator<number> {
  const next = (list: Iterator<number, unknown>): number => {
    const { done, value } = list.next();
    return done === true ? Infinity : value;
  };
  const heads = lists.map(next);
  for (;;) {
    const least = Math.min(...heads);
    if (least === Infinity) return;
    yield least;
    lists.forEach((list, i) => {
      if (heads[i] === least) heads[i] = next(list);
    });
  }
}

const numbers = (values: Iterable<number>): Iterator<number, unknown> => values[Symbol.iterator]();

function* map(values: Iterable<number>, change: (value: number) => number): Generator<number> {
  for (const value of values) yield change(value);
}

function* written({ pages }: GuestMemory, first: number, last: number): Generator<number> {
  for (const [page] of pages.entries(first, last)) yield page;
}

/** Frames of a slot whose page is another VM's. */
const borrowed = ({ remote }: GuestMemory, slot: Memslot, first: number, last: number): Iterator<number, unknown> =>
  numbers(
    [...remote.keys()]
      .map((page) => slot.firstFrame + page - slot.firstPage)
      .filter((frame) => frame >= first && frame <= last)
      .sort((a, b) => a - b),
  );

/** The frames of a stretch whose content may differ, in order. */
function candidates(before: GuestMemory, after: GuestMemory, stretch: Stretch, digester: Digester): Generator<number> {
  const { first, last } = stretch;
  const shiftOf = ({ firstFrame, firstPage }: Memslot): number => firstPage - firstFrame;
  const [was, is] = [shiftOf(stretch.before), shiftOf(stretch.after)];
  const other = [borrowed(before, stretch.before, first, last), borrowed(after, stretch.after, first, last)] as const;
  if (was === is) {
    const pages = before.pages.differing(after.pages, first + was, last + was, digester);
    return inOrder(
      map(pages, (page) => page - was),
      ...other,
    );
  }
  return inOrder(
    map(written(before, first + was, last + was), (page) => page - was),
    map(written(after, first + is, last + is), (page) => page - is),
    ...other,
  );
}

/** The runs of bytes that differ between two pages, from an offset on. */
function* runsIn(was: Uint8Array, is: Uint8Array, from: number): Generator<readonly [offset: number, size: number]> {
  for (let at = from; at < PAGE_SIZE; at++) {
    if (was[at] === is[at]) continue;
    const start = at;
    while (at < PAGE_SIZE && was[at] !== is[at]) at++;
    yield [start, at - start];
  }
}

/**
 * The runs of guest memory whose bytes are not what they were, in order of address, from one on: where slots back them both times,
 * seen through the slots, so that a page counts that came to be behind other frames. Subtrees of pages that have one digest are passed
 * over. A page that is erased on either side is told as such if it may differ. It yields nothing after each page, so that its caller can rest.
 */
export function* memoryChanges(
  before: GuestMemory,
  after: GuestMemory,
  from: bigint,
  digester: Digester,
): Generator<ChangedPart | undefined> {
  let run: Part | undefined;
  const first = frameOf(from);
  for (const stretch of stretches(before, after, first)) {
    for (const frame of candidates(before, after, stretch, digester)) {
      const [was, is] = [before.page(frame), after.page(frame)];
      if (was === undefined || is === undefined) continue;
      const erased = erasedBy(was) ?? erasedBy(is);
      if (erased !== undefined) {
        if (run) yield run;
        run = undefined;
        yield { absolute: addressOf(frame), size: PAGE_SIZE, erased };
        continue;
      }
      for (const [offset, size] of runsIn(was, is, frame === first ? Number(from & 0xfffn) : 0)) {
        const absolute = addressOf(frame, offset);
        if (run && run.absolute + BigInt(run.size) === absolute) run = { ...run, size: run.size + size };
        else {
          if (run) yield run;
          run = { absolute, size };
        }
      }
      yield undefined;
    }
  }
  if (run) yield run;
}
