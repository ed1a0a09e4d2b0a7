import type { Digester } from '../digester.js';
import { erased, erasedBy } from './erased.js';
import { replacedIn, runsIn, sumIn } from './chunk-runs.js';
import {
  type Node,
  type Leaf,
  type Branch,
  type Owner,
  type Run,
  type StoredNode,
  FAN_OUT,
  span,
  isLeaf,
  isZero,
  slot,
  walk,
  digestOf,
  leafAt,
  unknownNodes,
  textOf,
  build,
  differing,
} from './chunk-tree.js';

export type { StoredNode } from './chunk-tree.js';

/**
 * A sparse array of chunks of equal size, all zero until written: a radix tree that is shared with its forks and copied where
 * it is written, and at the same time a Merkle tree whose digests are kept until a write below them.
 *
 * Two stores of equal content have equal digests, whatever was written on the way. A chunk of zeros counts as absent.
 * `edit` and `clear` change the store in place; whoever must keep what was there takes a `fork` first, which costs nothing.
 */
export class ChunkStore {
  private owner: Owner = {};
  private root: Node | undefined;
  /** Whether a chunk was ever erased. */
  private tainted = false;
  /** Erased chunks whose digest nobody has told yet. */
  private readonly open = new Set<number>();

  /** @param chunkSize bytes of a chunk */
  constructor(readonly chunkSize: number) {}

  /** The chunk at `index`, to be read only; undefined where nothing was ever written. */
  get(index: number): Uint8Array | undefined {
    let node = this.root;
    if (node === undefined) return undefined;
    if (index < 0x40000000) {
      if (node.level < 6 && index >>> (5 * node.level) !== 0) return undefined;
      while (node.level !== 0) {
        node = (node as Branch).children[node.level > 6 ? 0 : (index >>> (5 * (node.level - 1))) & 31];
        if (node === undefined) return undefined;
      }
      return (node as Leaf).bytes;
    }
    if (index >= span(node.level)) return undefined;
    while (node.level !== 0) {
      node = (node as Branch).children[slot(index, node.level)];
      if (node === undefined) return undefined;
    }
    return (node as Leaf).bytes;
  }

  /** The chunk at `index`, to be written: created if absent, copied if a fork holds it. Throws ErasedMemory if it is erased. */
  edit(index: number): Uint8Array {
    const { branch, at } = this.above(index);
    const child = branch.children[at];
    const leaf = child === undefined ? this.leafOf(new Uint8Array(this.chunkSize)) : (this.owned(child) as Leaf);
    leaf.digest = undefined;
    branch.children[at] = leaf;
    return leaf.bytes;
  }

  /** Stores bytes in the chunk at `index`. One that was erased stays so unless all of it is stored. */
  write(index: number, offset: number, bytes: Uint8Array): void {
    const by = this.tainted ? this.erasedAt(index) : undefined;
    const whole = bytes.length === this.chunkSize;
    if (by !== undefined && whole) this.clear(index);
    if (by === undefined || whole) this.edit(index).set(bytes, offset);
    else this.erase(index, by);
  }

  /** Makes the chunk at `index` zeros, whatever it was. */
  clear(index: number): void {
    this.replace(index, index, () => undefined);
  }

  /** Forgets the chunk at `index`, and what its digest is. Whoever reads it from now on gets ErasedMemory. */
  erase(index: number, by: number): void {
    const { branch, at } = this.above(index);
    branch.children[at] = this.leafOf(erased(this.chunkSize, by));
    this.tainted = true;
    this.open.add(index);
  }

  /** Tells the digest of a chunk that was erased, as `digestAt` answers it of one that was not. */
  settle(index: number, digest: Uint8Array): void {
    const by = this.erasedAt(index);
    if (by === undefined) throw new RangeError(`chunk ${index} is not erased`);
    const { branch, at } = this.above(index);
    branch.children[at] = { ...this.leafOf(erased(this.chunkSize, by)), digest: isZero(digest) ? null : digest };
    this.open.delete(index);
  }

  /** Erased chunks without a digest, so that the store has none either, ascending. */
  get unsettled(): readonly number[] {
    return this.open.size === 0 ? [] : [...this.open].sort((a, b) => a - b);
  }

  /** By which erasure the chunk at `index` is gone; undefined if it is there. */
  erasedAt(index: number): number | undefined {
    const chunk = this.get(index);
    return chunk && erasedBy(chunk);
  }

  /** Chunks that are erased, in order of index, and by which erasure. */
  *erasedChunks(): Generator<[index: number, by: number]> {
    if (!this.tainted) return;
    for (const [index, chunk] of this.entries()) {
      const by = erasedBy(chunk);
      if (by !== undefined) yield [index, by];
    }
  }

  /** The digest of the chunk at `index`, 32 bytes, all 0 for zeros. */
  digestAt(index: number, digester: Digester): Uint8Array {
    const leaf = leafAt(this.root, index);
    return (leaf && digestOf(leaf, digester)) ?? new Uint8Array(32);
  }

  /** A second store with the same content; from now on neither sees what the other writes. */
  fork(): ChunkStore {
    const twin = new ChunkStore(this.chunkSize);
    twin.root = this.root;
    twin.tainted = this.tainted;
    this.open.forEach((index) => twin.open.add(index));
    this.owner = {};
    return twin;
  }

  /**
   * Replaces the chunks from `first` to `last` inclusive. Equal subtrees that are shared are changed once, and what comes of
   * them is shared again, so that this takes as long as there are different ones.
   *
   * @param change answers what comes of a chunk's content, undefined for zeros; of what it is given alone, and writes nothing
   */
  replace(first: number, last: number, change: (chunk: Uint8Array | undefined) => Uint8Array | undefined): void {
    this.root = replacedIn(this.root ?? this.branchOf(1, []), first, last, change);
    for (const index of this.open) if (first <= index && index <= last) this.open.delete(index);
  }

  /**
   * Runs of chunks from `first` to `last` inclusive, in order, but for dull ones.
   *
   * @param isDull whether a chunk is to be left out; undefined for those that were never written
   */
  runs(first: number, last: number, isDull: (chunk: Uint8Array | undefined) => boolean): Generator<Run> {
    return runsIn(this.root, first, last, isDull);
  }

  /** The sum of a number of each written chunk from `first` to `last` inclusive; equal subtrees that are shared are looked at once. */
  sum(first: number, last: number, valueOf: (chunk: Uint8Array) => number): number {
    return sumIn(this.root, first, last, valueOf);
  }

  /** Chunks that were written, in order of index, from `first` to `last` inclusive. */
  *entries(first = 0, last = Number.MAX_SAFE_INTEGER): Generator<[index: number, chunk: Uint8Array]> {
    if (this.root !== undefined) yield* walk(this.root, 0, first, last);
  }

  /** The chunks from `first` to `last` inclusive that are not the same in another store, in order; what has one digest is passed over. */
  *differing(other: ChunkStore, first: number, last: number, digester: Digester): Generator<number> {
    const level = Math.max(this.root?.level ?? 0, other.root?.level ?? 0);
    yield* differing([this.root, other.root], level, 0, [first, last], digester);
  }

  /** The Merkle root: SHA-256, or 32 zero bytes for a store of zeros. */
  digest(digester: Digester): Uint8Array {
    return (this.root && digestOf(this.root, digester)) ?? new Uint8Array(32);
  }

  /**
   * Every node below the root that `known` does not have, children first, each with its digest: what has to be kept so that
   * `restore` can build the store again. A node whose digest is known is not descended into. Throws ErasedMemory at erased chunks.
   */
  *nodes(
    digester: Digester,
    known: (digest: Uint8Array) => boolean,
  ): Generator<[digest: Uint8Array, node: StoredNode]> {
    const told = new Set<string>();
    const isKnown = (digest: Uint8Array): boolean => told.has(textOf(digest)) || known(digest);
    if (this.root === undefined) return;
    for (const [digest, node] of unknownNodes(this.root, digester, isKnown)) {
      told.add(textOf(digest));
      yield [digest, node];
    }
  }

  /**
   * A store from its root digest. It takes as long as there are nodes, and stops after each so that its caller can rest.
   *
   * @param load answers a kept node by its digest
   * @throws RangeError if a node does not have the digest that it was asked for by
   */
  static *restore(
    chunkSize: number,
    digest: Uint8Array,
    load: (digest: Uint8Array) => StoredNode,
    digester: Digester,
  ): Generator<undefined, ChunkStore> {
    const store = new ChunkStore(chunkSize);
    if (isZero(digest)) return store;
    const root = yield* build(digest, load, digester, new Map());
    store.root = isLeaf(root) ? store.branchOf(1, [root]) : root;
    return store;
  }

  /** The branch above the chunk at `index`, to be changed, and where in it the chunk is. */
  private above(index: number): { readonly branch: Branch; readonly at: number } {
    let root = this.root ?? this.branchOf(1, []);
    while (index >= span(root.level)) root = this.branchOf(root.level + 1, [root]);
    let branch = this.owned(root) as Branch;
    this.root = branch;
    for (;;) {
      branch.digest = undefined;
      const at = slot(index, branch.level);
      if (branch.level === 1) return { branch, at };
      const child = branch.children[at];
      const next = child === undefined ? this.branchOf(branch.level - 1, []) : (this.owned(child) as Branch);
      branch.children[at] = next;
      branch = next;
    }
  }

  private owned(node: Node): Node {
    if (node.owner === this.owner) return node;
    return isLeaf(node) ? this.leafOf(Uint8Array.from(node.bytes)) : this.branchOf(node.level, node.children);
  }

  private leafOf(bytes: Uint8Array): Leaf {
    return { owner: this.owner, level: 0, bytes, digest: undefined };
  }

  private branchOf(level: number, from: readonly (Node | undefined)[]): Branch {
    const children = new Array<Node | undefined>(FAN_OUT).fill(undefined);
    for (let i = 0; i < from.length; i++) children[i] = from[i];
    return { owner: this.owner, level, children, digest: undefined };
  }
}
