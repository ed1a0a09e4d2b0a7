import type { Digester } from '../digester.js';

const FAN_OUT = 32;

/** How many chunks a node of each level covers. */
const SPAN = Array.from({ length: 12 }, (_, level) => FAN_OUT ** level);

const span = (level: number): number => SPAN[level] ?? Infinity;

/** Who may write a node in place; a node of another owner is copied first. */
type Owner = object;

interface Leaf {
  readonly owner: Owner;
  readonly level: 0;
  readonly bytes: Uint8Array;
  digest: Uint8Array | null | undefined;
}

interface Branch {
  readonly owner: Owner;
  readonly level: number;
  readonly children: (Node | undefined)[];
  digest: Uint8Array | null | undefined;
}

type Node = Leaf | Branch;

/** A node as it is kept outside: a leaf's bytes, or the digests of a branch's non-empty children by their index. */
export type StoredNode =
  | { readonly level: 0; readonly bytes: Uint8Array }
  | { readonly level: number; readonly children: readonly (readonly [index: number, digest: Uint8Array])[] };

const LEAF = Uint8Array.of(0);

const isLeaf = (node: Node): node is Leaf => node.level === 0;

const isZero = (bytes: Uint8Array): boolean => {
  for (const byte of bytes) if (byte !== 0) return false;
  return true;
};

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

  /** The chunk at `index`, to be written: created if absent, copied if a fork holds it. */
  edit(index: number): Uint8Array {
    let root = this.root ?? this.branchOf(1, []);
    while (index >= span(root.level)) root = this.branchOf(root.level + 1, [root]);
    let branch = this.owned(root) as Branch;
    this.root = branch;
    for (;;) {
      branch.digest = undefined;
      const at = slot(index, branch.level);
      const child = branch.children[at];
      if (branch.level === 1) {
        const leaf = child === undefined ? this.leafOf(new Uint8Array(this.chunkSize)) : (this.owned(child) as Leaf);
        leaf.digest = undefined;
        branch.children[at] = leaf;
        return leaf.bytes;
      }
      const next = child === undefined ? this.branchOf(branch.level - 1, []) : (this.owned(child) as Branch);
      branch.children[at] = next;
      branch = next;
    }
  }

  /** A second store with the same content; from now on neither sees what the other writes. */
  fork(): ChunkStore {
    const twin = new ChunkStore(this.chunkSize);
    twin.root = this.root;
    this.owner = {};
    return twin;
  }

  /** Chunks that were written, in order of index, from `first` to `last` inclusive. */
  *entries(first = 0, last = Number.MAX_SAFE_INTEGER): Generator<[index: number, chunk: Uint8Array]> {
    if (this.root !== undefined) yield* walk(this.root, 0, first, last);
  }

  /** The Merkle root: SHA-256, or 32 zero bytes for a store of zeros. */
  digest(digester: Digester): Uint8Array {
    return (this.root && digestOf(this.root, digester)) ?? new Uint8Array(32);
  }

  /**
   * Every node below the root that `known` does not have, children first, each with its digest: what has to be kept so that
   * `restore` can build the store again. A node whose digest is known is not descended into.
   */
  *nodes(
    digester: Digester,
    known: (digest: Uint8Array) => boolean,
  ): Generator<[digest: Uint8Array, node: StoredNode]> {
    if (this.root !== undefined) yield* unknownNodes(this.root, digester, known);
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
    const root = yield* store.build(digest, load, digester);
    store.root = isLeaf(root) ? store.branchOf(1, [root]) : root;
    return store;
  }

  private *build(
    digest: Uint8Array,
    load: (digest: Uint8Array) => StoredNode,
    digester: Digester,
  ): Generator<undefined, Node> {
    const stored = load(digest);
    if (!sameBytes(storedDigest(stored, digester), digest)) throw new RangeError('a node is not what its digest says');
    yield;
    if ('bytes' in stored) return { owner: this.owner, level: 0, bytes: Uint8Array.from(stored.bytes), digest };
    const children: (Node | undefined)[] = [];
    for (const [index, childDigest] of stored.children) {
      let child = yield* this.build(childDigest, load, digester);
      while (child.level < stored.level - 1) child = this.branchOf(child.level + 1, [child]);
      children[index] = child;
    }
    return { ...this.branchOf(stored.level, children), digest };
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

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

/** Which child of a branch of `level` leads to the chunk `index`. */
function slot(index: number, level: number): number {
  return Math.floor(index / span(level - 1)) % FAN_OUT;
}

function* walk(node: Node, base: number, first: number, last: number): Generator<[number, Uint8Array]> {
  if (isLeaf(node)) {
    yield [base, node.bytes];
    return;
  }
  const width = span(node.level - 1);
  const from = Math.max(0, Math.floor((first - base) / width));
  for (let i = from; i < FAN_OUT; i++) {
    const start = base + i * width;
    if (start > last) return;
    const child = node.children[i];
    if (child !== undefined) yield* walk(child, start, first, last);
  }
}

/**
 * A leaf is SHA-256(0x00, bytes), a branch SHA-256(level, then index and digest of each child that is not empty); a branch
 * that has only its first child has that child's digest, so that the height of the tree does not show. Null: nothing but zeros.
 */
function digestOf(node: Node, digester: Digester): Uint8Array | null {
  if (node.digest !== undefined) return node.digest;
  if (isLeaf(node)) return (node.digest = isZero(node.bytes) ? null : storedDigest(node, digester));
  const children = digestsOf(node, digester);
  const only = children.length === 1 ? children[0] : undefined;
  if (children.length === 0) return (node.digest = null);
  if (only?.[0] === 0) return (node.digest = only[1]);
  return (node.digest = storedDigest({ level: node.level, children }, digester));
}

function storedDigest(node: StoredNode, { sha256 }: Digester): Uint8Array {
  if ('bytes' in node) return sha256(LEAF, node.bytes);
  return sha256(Uint8Array.of(node.level), ...node.children.flatMap(([i, digest]) => [Uint8Array.of(i), digest]));
}

function digestsOf(branch: Branch, digester: Digester): [index: number, digest: Uint8Array][] {
  const digests: [number, Uint8Array][] = [];
  branch.children.forEach((child, i) => {
    const digest = child && digestOf(child, digester);
    if (digest) digests.push([i, digest]);
  });
  return digests;
}

function* unknownNodes(
  node: Node,
  digester: Digester,
  known: (digest: Uint8Array) => boolean,
): Generator<[Uint8Array, StoredNode]> {
  const digest = digestOf(node, digester);
  if (digest === null || known(digest)) return;
  if (isLeaf(node)) {
    yield [digest, { level: 0, bytes: node.bytes }];
    return;
  }
  for (const child of node.children) if (child !== undefined) yield* unknownNodes(child, digester, known);
  const children = digestsOf(node, digester);
  if (children.length > 1 || children[0]?.[0] !== 0) yield [digest, { level: node.level, children }];
}
