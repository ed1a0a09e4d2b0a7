import { createHash } from 'node:crypto';

/** RFC 6962 section 2.1 word by word, over whole lists of leaf hashes: slow, and what the real thing is held against. */

const sha256 = (...parts: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

/** The largest power of two smaller than n. */
const k = (n: number): number => 2 ** Math.ceil(Math.log2(n) - 1);

export function mth(d: readonly Uint8Array[]): Uint8Array {
  const [first] = d;
  if (first === undefined) return sha256();
  if (d.length === 1) return first;
  const at = k(d.length);
  return sha256(Uint8Array.of(1), mth(d.slice(0, at)), mth(d.slice(at)));
}

export function path(m: number, d: readonly Uint8Array[]): Uint8Array[] {
  if (d.length === 1) return [];
  const at = k(d.length);
  return m < at ? [...path(m, d.slice(0, at)), mth(d.slice(at))] : [...path(m - at, d.slice(at)), mth(d.slice(0, at))];
}

export function proof(m: number, d: readonly Uint8Array[]): Uint8Array[] {
  return m === 0 ? [] : subproof(m, d, true);
}

function subproof(m: number, d: readonly Uint8Array[], b: boolean): Uint8Array[] {
  if (m === d.length) return b ? [] : [mth(d)];
  const at = k(d.length);
  return m <= at
    ? [...subproof(m, d.slice(0, at), b), mth(d.slice(at))]
    : [...subproof(m - at, d.slice(at), false), mth(d.slice(0, at))];
}

/** Leaf hashes of a log of so many entries. */
export const leaves = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => sha256(Uint8Array.of(0), Buffer.from(`entry ${i}`)));
