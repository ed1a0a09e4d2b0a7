import fc from 'fast-check';
import { leafHashOf, rootOf, splitOf } from '../../../../src/domain/audit/tlog/merkle.js';
import { type Tree, consistencyProof, inclusionProof, rootAt } from '../../../../src/domain/audit/tlog/proof.js';
import { isConsistent, rootOfInclusion } from '../../../../src/domain/audit/tlog/proof-verify.js';
import { TILE_WIDTH, entriesBelow } from '../../../../src/domain/audit/tlog/tile.js';
import { digester } from '../../support/test-digester.js';
import { leaves, mth, path, proof } from './naive.js';

const MOST = 1400;
const all = leaves(MOST);

/** The tree as tiles keep it: only hashes of full subtrees, and never more than a tile at once. */
const tree: Tree = {
  hashing: digester,
  read: (level, from, to) => {
    expect(to - from).toBeLessThanOrEqual(TILE_WIDTH);
    expect(Math.floor(from / TILE_WIDTH)).toBe(Math.floor((to - 1) / TILE_WIDTH));
    const unit = entriesBelow(level);
    return Array.from({ length: to - from }, (_, i) => mth(all.slice((from + i) * unit, (from + i + 1) * unit)));
  },
};

const hex = (hashes: readonly Uint8Array[]): string[] => hashes.map((hash) => Buffer.from(hash).toString('hex'));

const edge = fc.constantFrom(1, 2, 255, 256, 257, 511, 512, 513, 767, 768, 1023, 1024, 1025, 1280, MOST);
const size = fc.oneof(fc.integer({ min: 1, max: MOST }), edge, fc.integer({ min: 1, max: 20 }));
const pair = fc.tuple(size, fc.oneof(fc.nat(), edge)).map(([n, m]): [number, number] => [n, m % (n + 1)]);

/** A list with one thing wrong with it. */
function altered(hashes: readonly Uint8Array[], choice: number): Uint8Array[] {
  const at = Math.floor(choice / 3) % Math.max(hashes.length, 1);
  const other = Uint8Array.from(hashes[at] ?? new Uint8Array(32), (byte, i) => (i === choice % 32 ? byte ^ 1 : byte));
  const kinds = [
    hashes.toSpliced(at, 1, other),
    hashes.toSpliced(at, 0, other),
    hashes.length === 0 ? [other] : hashes.toSpliced(at, 1),
  ];
  return kinds[choice % 3] ?? [];
}

describe('the tree of a log', () => {
  it('has a leaf hash of 0x00 and the entry', () => {
    // RFC 6962, section 2.1; the empty entry of certificate-transparency's test vectors.
    expect(hex([leafHashOf(new Uint8Array(), digester)])).toEqual([
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    ]);
  });

  it('is divided at the largest power of two below its size', () =>
    expect([2, 3, 4, 5, 8, 9, 256, 257].map(splitOf)).toEqual([1, 2, 2, 4, 4, 8, 128, 256]));

  it('has the root of RFC 6962', () => {
    fc.assert(
      fc.property(fc.oneof(size, fc.constant(0)), (n) => {
        expect(hex([rootAt(n, tree), rootOf(all.slice(0, n), digester)])).toEqual(
          hex([mth(all.slice(0, n)), mth(all.slice(0, n))]),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('proves inclusion as RFC 6962, for every entry of small trees', () => {
    for (let n = 1; n <= 20; n++)
      for (let m = 0; m < n; m++) {
        const hashes = inclusionProof(m, n, tree);
        expect(hex(hashes)).toEqual(hex(path(m, all.slice(0, n))));
        const root = rootOfInclusion({ index: m, size: n, leafHash: all[m] as Uint8Array }, hashes, digester);
        expect(hex([root as Uint8Array])).toEqual(hex([mth(all.slice(0, n))]));
      }
  });

  it('proves consistency as RFC 6962, for every two small trees', () => {
    for (let n = 1; n <= 20; n++)
      for (let m = 0; m <= n; m++) {
        const hashes = consistencyProof(m, n, tree);
        expect(hex(hashes)).toEqual(hex(proof(m, all.slice(0, n))));
        const [from, to] = [m, n].map((s) => ({ size: s, root: mth(all.slice(0, s)) }));
        expect(isConsistent(from as never, to as never, hashes, digester)).toBe(true);
      }
  });

  it('proves both in trees of more than a tile', () => {
    fc.assert(
      fc.property(pair, ([n, m]) => {
        const d = all.slice(0, n);
        const index = Math.min(m, n - 1);
        expect(hex(inclusionProof(index, n, tree))).toEqual(hex(path(index, d)));
        expect(hex(consistencyProof(m, n, tree))).toEqual(hex(proof(m, d)));
      }),
      { numRuns: 60 },
    );
  });
});

describe('a proof that was altered', () => {
  it('of inclusion leads to another root, or to none', () => {
    fc.assert(
      fc.property(pair, fc.nat(), ([n, m], choice) => {
        const index = Math.min(m, n - 1);
        const leafHash = all[index] as Uint8Array;
        const root = hex([mth(all.slice(0, n))]);
        const hashes = path(index, all.slice(0, n));
        const of = (claim: { index: number; size: number; leafHash: Uint8Array }, list: readonly Uint8Array[]) =>
          hex([rootOfInclusion(claim, list, digester) ?? new Uint8Array()]);
        expect(of({ index, size: n, leafHash }, altered(hashes, choice))).not.toEqual(root);
        const another = (index + 1 + (choice % Math.max(n - 1, 1))) % n;
        if (another !== index) expect(of({ index: another, size: n, leafHash }, hashes)).not.toEqual(root);
        expect(of({ index: n, size: n, leafHash }, hashes)).toEqual(['']);
        expect(of({ index: -1, size: n, leafHash }, hashes)).toEqual(['']);
      }),
      { numRuns: 200 },
    );
  });

  it('of consistency is refused', () => {
    fc.assert(
      fc.property(pair, fc.nat(), ([n, m], choice) => {
        const from = { size: m, root: mth(all.slice(0, m)) };
        const to = { size: n, root: mth(all.slice(0, n)) };
        const hashes = proof(m, all.slice(0, n));
        expect(isConsistent(from, to, hashes, digester)).toBe(true);
        expect(isConsistent(from, to, altered(hashes, choice), digester)).toBe(false);
        const bent = Uint8Array.from(to.root, (byte, i) => (i === choice % 32 ? byte ^ 4 : byte));
        expect(isConsistent({ ...from, root: bent }, to, hashes, digester)).toBe(false);
        if (m > 0) expect(isConsistent(from, { ...to, root: bent }, hashes, digester)).toBe(false);
        if (m < n) expect(isConsistent(to, from, hashes, digester)).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});
