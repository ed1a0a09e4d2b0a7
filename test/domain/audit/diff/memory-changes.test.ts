import fc from 'fast-check';
import { memoryChanges } from '../../../../src/domain/audit/diff/memory-changes.js';
import { PAGE_SIZE, type Part } from '../../../../src/domain/memory/address.js';
import { ChunkStore } from '../../../../src/domain/memory/chunk-store.js';
import { FrameMarks } from '../../../../src/domain/memory/frame-marks.js';
import { GuestMemory, type RemotePages } from '../../../../src/domain/memory/guest-memory.js';
import { digester } from '../../support/test-digester.js';

const FRAMES = 12;

const slotsOf = (firsts: readonly (readonly [first: number, frames: number, page: number])[]) =>
  firsts.map(([firstFrame, frames, firstPage], slot) => ({ slot, firstFrame, frames, firstPage, flags: [] }));

/** Slots from frame 0 on that do not overlap, before pages that may. */
const slots = fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 4 }), fc.nat(8)), { maxLength: 4 }).map((some) => {
  let at = 0;
  return slotsOf(
    some.map(([gap, frames, page]) => {
      const first = at + gap;
      at = first + frames;
      return [first, frames, page] as const;
    }),
  );
});

/** Where writes begin, the edges of a page more often than by chance, and how many bytes they have. */
const offset = fc.oneof(fc.nat(PAGE_SIZE - 1), fc.constantFrom(0, PAGE_SIZE - 1));
const size = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.constant(PAGE_SIZE));

const writes = fc.array(fc.tuple(fc.nat(FRAMES), offset, size, fc.nat(2)), { maxLength: 12 });

function write(pages: ChunkStore, some: readonly (readonly [number, number, number, number])[]): void {
  for (const [page, offset, size, byte] of some)
    pages.edit(page).fill(byte, offset, Math.min(PAGE_SIZE, offset + size));
}

const remote = fc
  .uniqueArray(fc.nat(10), { maxLength: 3 })
  .map((pages): RemotePages => new Map(pages.map((page) => [page, { vm: 'L', page: page % 3 }])));

/** The runs that a model finds that compares byte by byte. */
function naive(before: GuestMemory, after: GuestMemory, from: number): Part[] {
  const runs: { absolute: number; size: number }[] = [];
  for (let at = from; at < 32 * PAGE_SIZE; at++) {
    const frame = Math.floor(at / PAGE_SIZE);
    const [was, is] = [before.page(frame), after.page(frame)];
    if (was === undefined || is === undefined || was[at % PAGE_SIZE] === is[at % PAGE_SIZE]) continue;
    const last = runs.at(-1);
    if (last && last.absolute + last.size === at) last.size++;
    else runs.push({ absolute: at, size: 1 });
  }
  return runs.map(({ absolute, size }) => ({ absolute: BigInt(absolute) as Part['absolute'], size }));
}

const found = (before: GuestMemory, after: GuestMemory, from = 0n): Part[] =>
  [...memoryChanges(before, after, from, digester)].filter((part) => part !== undefined);

describe('what changed in memory', () => {
  it('is what a model finds that compares byte by byte', () => {
    fc.assert(
      fc.property(
        fc.record({
          slots,
          more: fc.option(slots),
          first: writes,
          then: writes,
          lent: writes,
          remote,
          later: fc.option(remote),
        }),
        fc.nat(FRAMES * PAGE_SIZE),
        (given, from) => {
          const pages = new ChunkStore(PAGE_SIZE);
          write(pages, given.first);
          const lender = new ChunkStore(PAGE_SIZE);
          write(lender, given.lent);
          const lenderAfter = lender.fork();
          write(lenderAfter, given.then);
          const after = pages.fork();
          write(after, given.then);
          const memory = (of: typeof given.slots, content: ChunkStore, borrowed: RemotePages, lent: ChunkStore) =>
            GuestMemory.of(of, content, new FrameMarks(), borrowed).among(new Map([['L', lent]]));
          const [was, is] = [
            memory(given.slots, pages, given.remote, lender),
            memory(given.more ?? given.slots, after, given.later ?? given.remote, lenderAfter),
          ];
          expect(found(was, is)).toEqual(naive(was, is, 0));
          expect(found(was, is, BigInt(from))).toEqual(naive(was, is, from));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('does not look at what has one digest', () => {
    const pages = new ChunkStore(PAGE_SIZE);
    for (let page = 0; page < 5000; page++) pages.edit(page)[0] = 1;
    const after = pages.fork();
    after.edit(4321)[7] = 9;
    const of = slotsOf([[0, 2 ** 40, 0]]);
    const [was, is] = [pages, after].map((content) => GuestMemory.of(of, content, new FrameMarks()));
    const steps = [...memoryChanges(was as GuestMemory, is as GuestMemory, 0n, digester)];
    expect(steps).toEqual([undefined, { absolute: BigInt(4321 * PAGE_SIZE + 7), size: 1 }]);
  });
});

describe('chunks that differ', () => {
  it('are those whose bytes do, whatever the height of the trees', () => {
    const index = fc.oneof(fc.nat(40), fc.constantFrom(1023, 1024, 32768, 2 ** 31, 2 ** 40));
    const some = fc.array(fc.tuple(index, fc.nat(1)), { maxLength: 10 });
    fc.assert(
      fc.property(some, some, index, index, (a, b, x, y) => {
        const [first, last] = [Math.min(x, y), Math.max(x, y)];
        const stores = [a, b].map((writes) => {
          const store = new ChunkStore(8);
          for (const [at, byte] of writes) store.edit(at)[0] = byte;
          return store;
        }) as [ChunkStore, ChunkStore];
        const content = stores.map((store) => new Map([...store.entries()].map(([at, bytes]) => [at, bytes[0] ?? 0])));
        const all = [...new Set([...a, ...b].map(([at]) => at))].sort((one, other) => one - other);
        const wanted = all.filter(
          (at) => at >= first && at <= last && (content[0]?.get(at) ?? 0) !== (content[1]?.get(at) ?? 0),
        );
        expect([...stores[0].differing(stores[1], first, last, digester)]).toEqual(wanted);
      }),
      { numRuns: 300 },
    );
  });
});

describe('pages that are erased', () => {
  const memory = (pages: ChunkStore, firstPage = 0): GuestMemory =>
    GuestMemory.of(slotsOf([[0, 4, firstPage]]), pages, new FrameMarks());

  const found = (before: GuestMemory, after: GuestMemory): unknown[] =>
    [...memoryChanges(before, after, 0n, digester)].filter((part) => part !== undefined);

  const filled = (): ChunkStore => {
    const pages = new ChunkStore(PAGE_SIZE);
    for (const page of [0, 1, 2]) pages.edit(page).fill(page + 1);
    return pages;
  };

  it('are told as such where their digest is another, and passed over where it is not', () => {
    const before = filled();
    const after = before.fork();
    after.edit(1)[7] = 9;
    after.edit(2)[7] = 9;
    for (const page of [0, 1]) {
      const digest = before.digestAt(page, digester);
      before.erase(page, 5);
      before.settle(page, digest);
    }
    expect(found(memory(before), memory(after))).toEqual([
      { absolute: 0x1000n, size: PAGE_SIZE, erased: 5 },
      { absolute: 0x2007n, size: 1 },
    ]);
  });

  it('are told as such behind a slot that moved', () => {
    const pages = filled();
    const digest = pages.digestAt(1, digester);
    pages.erase(1, 5);
    pages.settle(1, digest);
    expect(found(memory(pages), memory(pages, 1))).toContainEqual({ absolute: 0n, size: PAGE_SIZE, erased: 5 });
  });
});
