import type { Digester } from '../../digester.js';

/** Bytes of a hash of the tree. */
export const HASH_SIZE = 32;

/** What of a Digester the tree needs. */
export type Hashing = Pick<Digester, 'sha256'>;

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** The hash of an entry: SHA-256(0x00, entry) (RFC 6962, section 2.1). */
export const leafHashOf = (entry: Uint8Array, { sha256 }: Hashing): Uint8Array => sha256(LEAF, entry);

/** The hash of an inner node: SHA-256(0x01, left, right) (RFC 6962, section 2.1). */
export const nodeHash = (left: Uint8Array, right: Uint8Array, { sha256 }: Hashing): Uint8Array =>
  sha256(NODE, left, right);

/** The root of the tree without entries: SHA-256 of nothing (RFC 6962, section 2.1). */
export const emptyRoot = ({ sha256 }: Hashing): Uint8Array => sha256();

/** The largest power of two below `size`, where a tree of two entries or more is divided (RFC 6962, section 2.1). */
export function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/** MTH of the hashes of a list: the root of the tree over them, `emptyRoot` for none (RFC 6962, section 2.1). */
export function rootOf(hashes: readonly Uint8Array[], hashing: Hashing): Uint8Array {
  const [first] = hashes;
  if (first === undefined) return emptyRoot(hashing);
  if (hashes.length === 1) return first;
  const split = splitOf(hashes.length);
  return nodeHash(rootOf(hashes.slice(0, split), hashing), rootOf(hashes.slice(split), hashing), hashing);
}

/** Whether two hashes, or other short byte strings, are the same. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);
