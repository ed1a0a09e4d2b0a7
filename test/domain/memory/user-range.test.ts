import fc from 'fast-check';
import type { Memslot } from '../../../src/domain/memory/memslot.js';
import { freeRange } from '../../../src/domain/memory/user-range.js';

const at = (firstPage: number, frames: number): Memslot => ({ slot: 0, firstFrame: 0, frames, firstPage, flags: [] });
const PAGE = 4096n;
const LAST = 2 ** 52 - 1;

describe('a free range of the VMM', () => {
  it.each<[what: string, used: Memslot[], guest: bigint, pages: bigint, first: bigint]>([
    ['nothing in use: as in the guest', [], 7n, 3n, 7n],
    ['in use elsewhere: as in the guest', [at(10, 5)], 7n, 3n, 7n],
    ['in use there: above, aligned', [at(9, 5)], 7n, 3n, 256n],
    ['above all, not in a gap', [at(0, 1), at(10000, 1)], 0n, 1n, 10240n],
    ['above one that ends on a MiB', [at(0, 256)], 0n, 1n, 256n],
    ['at the very end', [at(0, 1), at(LAST - 100, 1)], 0n, 1n, 256n],
    ['a gap too small', [at(0, 1), at(300, 1), at(LAST - 100, 1)], 0n, 100n, 512n],
  ])('%s', (_what, used, guest, pages, first) => {
    expect(freeRange(used, guest * PAGE, pages * PAGE)).toBe(first * PAGE);
  });

  it('is free and ends in time', () => {
    const page = fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: LAST - 3000, max: LAST - 600 }));
    const slot = fc.tuple(page, fc.integer({ min: 1, max: 500 })).map(([first, frames]) => at(first, frames));
    fc.assert(
      fc.property(
        fc.array(slot, { maxLength: 6 }),
        fc.nat(2000),
        fc.integer({ min: 1, max: 600 }),
        (used, guest, pages) => {
          const first = Number(freeRange(used, BigInt(guest) * PAGE, BigInt(pages) * PAGE) / PAGE);
          expect(first + pages).toBeLessThanOrEqual(LAST);
          for (const { firstPage, frames } of used)
            expect(first + pages <= firstPage || first >= firstPage + frames).toBe(true);
        },
      ),
    );
  });
});
