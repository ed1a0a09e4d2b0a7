import fc from 'fast-check';
import { binOf, binsOver } from '../../../src/infra/accesses/bins.js';

const frame = fc.oneof(
  fc.nat(40),
  fc.nat(2 ** 30),
  fc.maxSafeNat().map((value) => value % 2 ** 52),
);
const range = fc.tuple(frame, fc.oneof(fc.nat(3), fc.nat(2 ** 22))).map(([first, more]) => ({
  first,
  last: Math.min(first + more, 2 ** 52 - 1),
}));

describe('bins of frames', () => {
  it('of a range hold all of it, and are among those over any frame of it', () => {
    fc.assert(
      fc.property(range, fc.double({ min: 0, max: 1, noNaN: true }), ({ first, last }, where) => {
        const bin = binOf(first, last);
        const one = Math.min(last, first + Math.floor((last - first) * where));
        expect(binsOver(one, one, 100)).toContainEqual(bin);
      }),
    );
  });

  it.each<[first: number, last: number, level: number]>([
    [5, 5, 0],
    [0, 15, 1],
    [15, 16, 2],
    [0, 2 ** 52 - 1, 8],
    [2 ** 52 - 1, 2 ** 52 - 1, 0],
  ])('%i to %i is of level %i', (first, last, level) => {
    expect(binOf(first, last).level).toBe(level);
  });

  it('are one of each size over a frame, and too many over a wide range', () => {
    expect(binsOver(7, 7, 9)?.length).toBe(9);
    expect(binsOver(0, 2 ** 20, 64)).toBeUndefined();
  });
});
