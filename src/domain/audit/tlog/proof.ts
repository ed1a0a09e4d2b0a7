import { type Hashing, emptyRoot, nodeHash, rootOf, splitOf } from './merkle.js';
import { entriesBelow } from './tile.js';

/** Hashes `from` up to, but without, `to` of a level of tiles: 256^level entries are below each. */
export type LevelReader = (level: number, from: number, to: number) => readonly Uint8Array[];

/** The tree of a log, of which only the hashes of its tiles are kept. */
export interface Tree {
  readonly read: LevelReader;
  readonly hashing: Hashing;
}

/** MTH(D[start : start + size]), where start is a multiple of the power of two that is not below `size`. */
function subtree(start: number, size: number, tree: Tree): Uint8Array {
  let level = 0;
  while (entriesBelow(level + 1) <= size) level++;
  const unit = entriesBelow(level);
  if (size % unit === 0) return rootOf(tree.read(level, start / unit, (start + size) / unit), tree.hashing);
  const split = splitOf(size);
  return nodeHash(subtree(start, split, tree), subtree(start + split, size - split, tree), tree.hashing);
}

/** The root of the tree over the first `size` entries (RFC 6962, section 2.1). */
export const rootAt = (size: number, tree: Tree): Uint8Array =>
  size === 0 ? emptyRoot(tree.hashing) : subtree(0, size, tree);

/**
 * PATH(index, D[0:size]): what leads from an entry to the root, the leaf's sibling first (RFC 6962, section 2.1.1).
 *
 * @param index 0 to size - 1
 */
export function inclusionProof(index: number, size: number, tree: Tree): Uint8Array[] {
  const path: Uint8Array[] = [];
  for (let start = 0, left = size; left > 1;) {
    const split = splitOf(left);
    if (index < start + split) {
      path.push(subtree(start + split, left - split, tree));
      left = split;
    } else {
      path.push(subtree(start, split, tree));
      start += split;
      left -= split;
    }
  }
  return path.reverse();
}

/**
 * PROOF(from, D[0:to]): that the tree over the first `to` entries begins with that over the first `from`, the lowest
 * hash first (RFC 6962, section 2.1.2). Empty for `from` 0, with which any tree begins, and for `from` = `to`.
 */
export function consistencyProof(from: number, to: number, tree: Tree): Uint8Array[] {
  if (from === 0 || from === to) return [];
  const path: Uint8Array[] = [];
  let start = 0;
  let size = to;
  while (start + size !== from) {
    const split = splitOf(size);
    if (from <= start + split) {
      path.push(subtree(start + split, size - split, tree));
      size = split;
    } else {
      path.push(subtree(start, split, tree));
      start += split;
      size -= split;
    }
  }
  // The old tree itself is known to the verifier; any smaller subtree is not.
  if (start > 0) path.push(subtree(start, size, tree));
  return path.reverse();
}
