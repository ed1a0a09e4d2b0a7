import { doublewordOf } from './words.js';

declare const absolute: unique symbol;
declare const logical: unique symbol;

/** An absolute (guest physical) address, 0 to 2^64-1. */
export type Absolute = bigint & { readonly [absolute]: true };

/** A logical (guest virtual, or real where translation is off) address, 0 to 2^64-1. */
export type Logical = bigint & { readonly [logical]: true };

/** Bytes of a page; guest and host pages have the same size. */
export const PAGE_SIZE = 4096;

const MASK_64 = (1n << 64n) - 1n;

/** `value` modulo 2^64, as an absolute address. */
export const asAbsolute = (value: bigint): Absolute => (value & MASK_64) as Absolute;

/** `value` modulo 2^64, as a logical address. */
export const asLogical = (value: bigint): Logical => (value & MASK_64) as Logical;

/** The frame number of an address: its upper 52 bits, exact in a double. */
export const frameOf = (address: bigint): number => Number(address >> 12n);

/** The offset of an address in its page. */
export const offsetOf = (address: bigint): number => Number(address & 0xfffn);

/** The absolute address of a byte of a frame. */
export const addressOf = (frame: number, offset = 0): Absolute =>
  doublewordOf(Math.floor(frame / 0x100000), (frame << 12) | offset) as Absolute;

/** A run of absolute memory that does not cross a page unless it is contiguous there too. */
export interface Part {
  readonly absolute: Absolute;
  readonly size: number;
}

/** A piece of a range that lies in one page: the frame, the offset of its first byte and its length. */
export interface Fragment {
  readonly frame: number;
  readonly offset: number;
  readonly size: number;
}

/**
 * Cuts `[address, address + size)` at page boundaries, ascending. Frame numbers wrap at 2^64 bytes, as 64-bit arithmetic does.
 */
export function fragments(address: bigint, size: number): Fragment[] {
  const cut: Fragment[] = [];
  let frame = frameOf(address);
  let offset = offsetOf(address);
  for (let left = size; left > 0;) {
    const length = Math.min(left, PAGE_SIZE - offset);
    cut.push({ frame, offset, size: length });
    left -= length;
    offset = 0;
    frame = frame === 2 ** 52 - 1 ? 0 : frame + 1;
  }
  return cut;
}

/** Fragments as parts, adjacent ones joined. */
export function partsOf(pieces: readonly Fragment[]): Part[] {
  const parts: Part[] = [];
  for (const { frame, offset, size } of pieces) {
    const absolute = addressOf(frame, offset);
    const last = parts.at(-1);
    if (last && last.absolute + BigInt(last.size) === absolute)
      parts[parts.length - 1] = { absolute: last.absolute, size: last.size + size };
    else parts.push({ absolute, size });
  }
  return parts;
}
