import fc from 'fast-check';
import { TreeBuilder } from '../../../../src/domain/audit/tlog/tree-builder.js';
import { digester } from '../../support/test-digester.js';
import { leaves, mth } from './naive.js';

const MOST = 66_000;
const all = leaves(MOST);
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

describe('the builder of a tree', () => {
  it('has the root of RFC 6962 at every size', () => {
    const builder = new TreeBuilder(digester);
    for (let size = 0; size <= 600; size++) {
      expect(builder.size).toBe(size);
      expect(same(builder.root(), mth(all.slice(0, size)))).toBe(true);
      builder.push(all[size] as Uint8Array);
    }
  });

  it('tells each full tile with its hash, lower levels first, and keeps what is not full', () => {
    const tiles: [number, number, number][] = [];
    const builder = new TreeBuilder(digester, (level, index, hashes, hash) => {
      tiles.push([level, index, hashes.length]);
      const unit = 256 ** (level + 1);
      if (level > 0 || index < 3) expect(same(hash, mth(all.slice(index * unit, (index + 1) * unit)))).toBe(true);
    });
    all.forEach((leaf) => builder.push(leaf));
    expect(tiles).toEqual([...Array.from({ length: 256 }, (_, i) => [0, i, 256]), [1, 0, 256], [0, 256, 256]]);
    expect(builder.partialTiles().map((tile) => tile.length)).toEqual([MOST % 256, 1, 1]);
    expect(same(builder.root(), mth(all))).toBe(true);
  });

  it('goes on where another ended', () => {
    const whole = new Map<number, Uint8Array[]>([[0, all]]);
    const builder = new TreeBuilder(digester, (level, _index, _hashes, hash) => {
      whole.set(level + 1, [...(whole.get(level + 1) ?? []), hash]);
    });
    all.forEach((leaf) => builder.push(leaf));
    const read = (level: number, from: number, to: number) => (whole.get(level) ?? []).slice(from, to);
    const edge = fc.constantFrom(0, 1, 255, 256, 257, 65_535, 65_536, 65_537, MOST);
    fc.assert(
      fc.property(fc.oneof(edge, fc.nat(MOST)), fc.nat(300), (size, more) => {
        const resumed = TreeBuilder.resume(size, { read, hashing: digester });
        all.slice(size, size + more).forEach((leaf) => resumed.push(leaf));
        expect(resumed.size).toBe(Math.min(size + more, MOST));
        expect(same(resumed.root(), mth(all.slice(0, size + more)))).toBe(true);
      }),
      { numRuns: 12 },
    );
  });
});
