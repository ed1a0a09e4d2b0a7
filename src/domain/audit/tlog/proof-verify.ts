import { type Hashing, emptyRoot, nodeHash, sameBytes } from './merkle.js';

const half = (value: number): number => Math.floor(value / 2);
const isOdd = (value: number): boolean => value % 2 === 1;

/**
 * The root that an inclusion proof leads to, to be compared with that of a checkpoint; undefined if the proof has too few
 * or too many hashes, or `index` is not below `size` (RFC 9162, section 2.1.3.2).
 */
export function rootOfInclusion(
  { index, size, leafHash }: { readonly index: number; readonly size: number; readonly leafHash: Uint8Array },
  proof: readonly Uint8Array[],
  hashing: Hashing,
): Uint8Array | undefined {
  if (index < 0 || index >= size) return undefined;
  let root = leafHash;
  let at = index;
  let last = size - 1;
  for (const hash of proof) {
    if (last === 0) return undefined;
    if (isOdd(at) || at === last) {
      root = nodeHash(hash, root, hashing);
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      root = nodeHash(root, hash, hashing);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 ? root : undefined;
}

/** A tree as a checkpoint has it. */
export interface TreeHead {
  readonly size: number;
  readonly root: Uint8Array;
}

/** Whether a consistency proof shows that the tree `to` begins with the tree `from` (RFC 9162, section 2.1.4.2). */
export function isConsistent(from: TreeHead, to: TreeHead, proof: readonly Uint8Array[], hashing: Hashing): boolean {
  if (from.size > to.size) return false;
  if (from.size === 0) return proof.length === 0 && sameBytes(from.root, emptyRoot(hashing));
  if (from.size === to.size) return proof.length === 0 && sameBytes(from.root, to.root);

  let at = from.size - 1;
  let last = to.size - 1;
  while (isOdd(at)) [at, last] = [half(at), half(last)];
  // A whole left subtree is the old tree itself, whose root is known.
  const [seed, ...path] = at === 0 ? [from.root, ...proof] : proof;
  if (seed === undefined) return false;
  let [old, young] = [seed, seed];
  for (const hash of path) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      old = nodeHash(hash, old, hashing);
      young = nodeHash(hash, young, hashing);
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      young = nodeHash(young, hash, hashing);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && sameBytes(old, from.root) && sameBytes(young, to.root);
}
