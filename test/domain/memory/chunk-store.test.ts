import fc from 'fast-check';
import { ChunkStore, type StoredNode } from '../../../src/domain/memory/chunk-store.js';
import { digester } from '../support/test-digester.js';

const SIZE = 8;

/** Indices of every height of the tree: near 0, at the borders of branches, up to the last frame. */
const index = fc.oneof(
  fc.nat(40),
  fc.constantFrom(
    31,
    32,
    1023,
    1024,
    2 ** 15,
    2 ** 30 - 1,
    2 ** 30,
    2 ** 30 + 1,
    2 ** 31,
    2 ** 35,
    2 ** 50,
    2 ** 52 - 1,
  ),
  fc.integer({ min: 0, max: 2 ** 52 - 1 }),
);

type Change = readonly [index: number, at: number, byte: number];
const change: fc.Arbitrary<Change> = fc.tuple(index, fc.nat(SIZE - 1), fc.integer({ min: 0, max: 2 }));
const changes = fc.array(change, { maxLength: 25 });

/** What a store should be: chunks by index. */
class Model {
  constructor(readonly chunks = new Map<number, Uint8Array>()) {}

  write([at, offset, byte]: Change): void {
    const chunk = Uint8Array.from(this.chunks.get(at) ?? new Uint8Array(SIZE));
    chunk[offset] = byte;
    this.chunks.set(at, chunk);
  }

  entries(first = 0, last = Infinity): [number, Uint8Array][] {
    return [...this.chunks].filter(([at]) => at >= first && at <= last).sort(([a], [b]) => a - b);
  }

  fork(): Model {
    return new Model(new Map(this.chunks));
  }
}

const write = (store: ChunkStore, [at, offset, byte]: Change): void => {
  store.edit(at)[offset] = byte;
};

const written = (all: readonly Change[]): [ChunkStore, Model] => {
  const store = new ChunkStore(SIZE);
  const model = new Model();
  for (const one of all) {
    write(store, one);
    model.write(one);
  }
  return [store, model];
};

const digestOf = (store: ChunkStore): string => Buffer.from(store.digest(digester)).toString('hex');

/** The nodes of a store by digest, as they would be kept. */
function kept(store: ChunkStore, nodes = new Map<string, StoredNode>()): Map<string, StoredNode> {
  const key = (digest: Uint8Array) => Buffer.from(digest).toString('hex');
  for (const [digest, node] of store.nodes(digester, (known) => nodes.has(key(known))))
    nodes.set(key(digest), structuredClone(node));
  return nodes;
}

/** What `ChunkStore.restore` comes to, without a rest. */
function restored(...[size, digest, load]: [number, Uint8Array, (digest: Uint8Array) => StoredNode]): ChunkStore {
  const steps = ChunkStore.restore(size, digest, load, digester);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

const restore = (store: ChunkStore, nodes: ReadonlyMap<string, StoredNode>): ChunkStore =>
  restored(SIZE, store.digest(digester), (digest) => {
    const node = nodes.get(Buffer.from(digest).toString('hex'));
    if (node === undefined) throw new Error('a node is missing');
    return node;
  });

describe('a chunk store', () => {
  it('reads what was written, and nothing elsewhere', () => {
    fc.assert(
      fc.property(changes, fc.array(index), (all, others) => {
        const [store, model] = written(all);
        for (const at of [...model.chunks.keys(), ...others]) expect(store.get(at)).toEqual(model.chunks.get(at));
      }),
    );
  });

  it('lists what was written in a range, in order', () => {
    fc.assert(
      fc.property(changes, index, index, (all, first, last) => {
        const [store, model] = written(all);
        expect([...store.entries()]).toEqual(model.entries());
        expect([...store.entries(first, last)]).toEqual(model.entries(first, last));
        expect([...store.entries(first)]).toEqual(model.entries(first));
      }),
    );
  });

  it('shows a fork nothing of later writes, nor the fork its own', () => {
    fc.assert(
      fc.property(changes, changes, changes, (before, here, there) => {
        const [store, model] = written(before);
        const [fork, forkModel] = [store.fork(), model.fork()];
        const steps = Math.max(here.length, there.length);
        for (let i = 0; i < steps; i++) {
          const [mine, its] = [here[i], there[i]];
          if (mine) {
            write(store, mine);
            model.write(mine);
          }
          if (its) {
            write(fork, its);
            forkModel.write(its);
          }
        }
        expect([...store.entries()]).toEqual(model.entries());
        expect([...fork.entries()]).toEqual(forkModel.entries());
      }),
    );
  });

  it('keeps forks of forks apart', () => {
    const [first] = written([[5, 0, 1]]);
    const second = first.fork();
    const third = second.fork();
    write(second, [5, 0, 2]);
    write(third, [5, 0, 3]);
    expect([first, second, third].map((store) => store.get(5)?.[0])).toEqual([1, 2, 3]);
  });

  it('has a digest that tells contents, not histories', () => {
    fc.assert(
      fc.property(changes, changes, fc.boolean(), (all, detour, digestBetween) => {
        const [straight, model] = written(all);
        const [winding] = written(detour);
        if (digestBetween) winding.digest(digester);
        for (const [at] of new Model(new Map(winding.entries())).entries()) winding.edit(at).fill(0);
        const fork = winding.fork();
        for (const [at, chunk] of model.entries().reverse()) fork.edit(at).set(chunk);
        expect(digestOf(fork)).toBe(digestOf(straight));
      }),
    );
  });

  it('has another digest for another content', () => {
    fc.assert(
      fc.property(changes, change, (all, [at, offset]) => {
        const [store] = written(all);
        const before = digestOf(store);
        const fork = store.fork();
        fork.edit(at)[offset] = 77;
        expect(digestOf(fork)).not.toBe(before);
        expect(digestOf(store)).toBe(before);
      }),
    );
  });

  it('has a digest of zeros while there is nothing but zeros', () => {
    expect(digestOf(new ChunkStore(SIZE))).toBe('0'.repeat(64));
    const [store] = written([
      [0, 0, 0],
      [2 ** 52 - 1, 3, 0],
    ]);
    expect(digestOf(store)).toBe('0'.repeat(64));
  });

  it('tells the same chunk at different places apart', () => {
    const places = [0, 1, 31, 32, 1024, 2 ** 30, 2 ** 50, 2 ** 52 - 1];
    expect(new Set(places.map((at) => digestOf(written([[at, 0, 1]])[0]))).size).toBe(places.length);
  });

  it('is restored from its nodes: same chunks, same digest, and can be written on', () => {
    fc.assert(
      fc.property(changes, changes, (all, later) => {
        const [store] = written(all);
        const restored = restore(store, kept(store));
        const full = ([, chunk]: [number, Uint8Array]) => chunk.some((byte) => byte !== 0);
        expect([...restored.entries()].filter(full)).toEqual([...store.entries()].filter(full));
        expect(digestOf(restored)).toBe(digestOf(store));
        for (const one of later) {
          write(store, one);
          write(restored, one);
        }
        expect(digestOf(restored)).toBe(digestOf(store));
        expect([...restored.entries()].filter(full)).toEqual([...store.entries()].filter(full));
      }),
    );
  });

  it('is not built from a node that is not what its digest says', () => {
    const store = new ChunkStore(SIZE);
    store.edit(7)[0] = 1;
    const nodes = kept(store);
    for (const node of nodes.values()) if ('bytes' in node) node.bytes[0] = 2;
    expect(() => restore(store, nodes)).toThrow(RangeError);
  });

  it('gives only nodes that are not known yet, and those are enough', () => {
    fc.assert(
      fc.property(changes, changes, (before, later) => {
        const [store] = written(before);
        const nodes = kept(store);
        for (const one of later) write(store, one);
        kept(store, nodes);
        expect(digestOf(restore(store, nodes))).toBe(digestOf(store));
        expect([...store.nodes(digester, (digest) => nodes.has(Buffer.from(digest).toString('hex')))]).toEqual([]);
      }),
    );
  });
});
