import type { Digester } from '../digester.js';
import { ErasedMemory, erasedBy } from './erased.js';

export const FAN_OUT = 32;

/** How many chunks a node of each level covers. */
export const SPAN = Array.from({ length: 12 }, (_, level) => FAN_OUT ** level);

export const span = (level: number): number => SPAN[level] ?? Infinity;

/** Who may write a node in place; a node of another owner is copied first. */
export type Owner = object;

export interface Leaf {
  readonly owner: Owner;
  readonly level: 0;
  readonly bytes: Uint8Array;
  digest: Uint8Array | null | undefined;
}

export interface Branch {
  readonly owner: Owner;
  readonly level: number;
  readonly children: (Node | undefined)[];
  digest: Uint8Array | null | undefined;
}

export type Node = Leaf | Branch;

/** A node as it is kept outside: a leaf's bytes, or the digests of a branch's non-empty children by their index. */
export type StoredNode =
  | { readonly level: 0; readonly bytes: Uint8Array }
  | { readonly level: number; readonly children: readonly (readonly [index: number, digest: Uint8Array])[] };

export const LEAF = Uint8Array.of(0);

/** Owns nodes that may stand in several places of a tree, so that whoever writes one copies it first. */
export const SHARED: Owner = {};

/** A run of chunks: some that were never written, or one that was. */
export interface Run {
  readonly first: number;
  readonly count: number;
  readonly chunk: Uint8Array | undefined;
}

export const isLeaf = (node: Node): node is Leaf => node.level === 0;

export const isZero = (bytes: Uint8Array): boolean => {
  for (const byte of bytes) if (byte !== 0) return false;
  return true;
};

/** A digest as the key of a map. */
export const textOf = (digest: Uint8Array): string => String.fromCharCode(...digest);

export function* build(
  digest: Uint8Array,
  load: (digest: Uint8Array) => StoredNode,
  digester: Digester,
  known: Map<string, Node>,
): Generator<undefined, Node> {
  const key = textOf(digest);
  const before = known.get(key);
  if (before !== undefined) return before;
  const stored = load(digest);
  if (!sameBytes(storedDigest(stored, digester), digest)) throw new RangeError('a node is not what its digest says');
  yield;
  const node: Node =
    'bytes' in stored
      ? { owner: SHARED, level: 0, bytes: Uint8Array.from(stored.bytes), digest }
      : { owner: SHARED, level: stored.level, children: new Array<Node | undefined>(FAN_OUT).fill(undefined), digest };
  if (!isLeaf(node) && 'children' in stored) {
    for (const [index, childDigest] of stored.children) {
      let child = yield* build(childDigest, load, digester, known);
      while (child.level < node.level - 1) child = sharedBranch(child.level + 1, [child]);
      node.children[index] = child;
    }
  }
  known.set(key, node);
  return node;
}

export function sharedBranch(level: number, from: readonly (Node | undefined)[]): Branch {
  const children = new Array<Node | undefined>(FAN_OUT).fill(undefined);
  from.forEach((child, i) => (children[i] = child));
  return { owner: SHARED, level, children, digest: undefined };
}

/** What comes of a chunk; the same node if its content stays. */
export function changedLeaf(
  node: Node | undefined,
  change: (chunk: Uint8Array | undefined) => Uint8Array | undefined,
): Node | undefined {
  const before = node && isLeaf(node) ? node.bytes : undefined;
  const bytes = change(before);
  if (bytes === before) return node;
  return bytes === undefined || isZero(bytes) ? undefined : { owner: SHARED, level: 0, bytes, digest: undefined };
}

export const NO_CHILDREN: readonly undefined[] = new Array<undefined>(FAN_OUT).fill(undefined);

/** What comes of a branch whose children are changed; the same node if they stay, none if nothing is left of them. */
export function changedBranch(
  node: Node | undefined,
  level: number,
  change: (child: Node | undefined, i: number) => Node | undefined,
): Node | undefined {
  const before = node && !isLeaf(node) ? node.children : NO_CHILDREN;
  const children = before.map(change);
  if (children.every((child, i) => child === before[i])) return node;
  return children.every((child) => child === undefined) ? undefined : sharedBranch(level, children);
}

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

/** Which child of a branch of `level` leads to the chunk `index`. */
export function slot(index: number, level: number): number {
  return Math.floor(index / span(level - 1)) % FAN_OUT;
}

/** The leaf of the chunk `index` below a node. */
export function leafAt(node: Node | undefined, index: number): Leaf | undefined {
  if (node === undefined || isLeaf(node)) return node;
  return index < span(node.level)
    ? leafAt(node.children[slot(index, node.level)], index % span(node.level - 1))
    : undefined;
}

export function* walk(node: Node, base: number, first: number, last: number): Generator<[number, Uint8Array]> {
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
export function digestOf(node: Node, digester: Digester): Uint8Array | null {
  if (node.digest !== undefined) return node.digest;
  if (isLeaf(node)) return (node.digest = isZero(node.bytes) ? null : storedDigest(node, digester));
  const children = digestsOf(node, digester);
  const only = children.length === 1 ? children[0] : undefined;
  if (children.length === 0) return (node.digest = null);
  if (only?.[0] === 0) return (node.digest = only[1]);
  return (node.digest = storedDigest({ level: node.level, children }, digester));
}

export function storedDigest(node: StoredNode, { sha256 }: Digester): Uint8Array {
  if ('bytes' in node) return sha256(LEAF, node.bytes);
  return sha256(Uint8Array.of(node.level), ...node.children.flatMap(([i, digest]) => [Uint8Array.of(i), digest]));
}

export function digestsOf(branch: Branch, digester: Digester): [index: number, digest: Uint8Array][] {
  const digests: [number, Uint8Array][] = [];
  branch.children.forEach((child, i) => {
    const digest = child && digestOf(child, digester);
    if (digest) digests.push([i, digest]);
  });
  return digests;
}

export function* unknownNodes(
  node: Node,
  digester: Digester,
  known: (digest: Uint8Array) => boolean,
): Generator<[Uint8Array, StoredNode]> {
  const digest = digestOf(node, digester);
  if (digest === null || known(digest)) return;
  if (isLeaf(node)) {
    const by = erasedBy(node.bytes);
    if (by !== undefined) throw new ErasedMemory(by);
    yield [digest, { level: 0, bytes: node.bytes }];
    return;
  }
  for (const child of node.children) if (child !== undefined) yield* unknownNodes(child, digester, known);
  const children = digestsOf(node, digester);
  if (children.length > 1 || children[0]?.[0] !== 0) yield [digest, { level: node.level, children }];
}

/** The `i`th child of a node as a branch of `level`; a lower node is the first child of those above it. */
function childAt(node: Node | undefined, level: number, i: number): Node | undefined {
  if (node === undefined || isLeaf(node) || node.level < level) return i === 0 ? node : undefined;
  return node.children[i];
}

/** The chunks of a part of two trees, both seen as of `level`, that are not the same; equal subtrees are not descended into. */
export function* differing(
  [a, b]: readonly [Node | undefined, Node | undefined],
  level: number,
  base: number,
  [first, last]: readonly [first: number, last: number],
  digester: Digester,
): Generator<number> {
  if (a === b || base > last || base + span(level) <= first) return;
  const [was, is] = [a && digestOf(a, digester), b && digestOf(b, digester)];
  if (was && is ? sameBytes(was, is) : !was && !is) return;
  if (level === 0) {
    yield base;
    return;
  }
  for (let i = 0; i < FAN_OUT; i++) {
    const children = [childAt(a, level, i), childAt(b, level, i)] as const;
    yield* differing(children, level - 1, base + i * span(level - 1), [first, last], digester);
  }
}
