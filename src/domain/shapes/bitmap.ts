import { z } from 'zod';

/** Of characters one by one: a group for each byte would exhaust the stack on long text. */
const HEX_DIGITS = /^(?:0[xX])?[0-9a-fA-F]*$/;
const PREFIX = /^0[xX]/;

/** Hex digits, two a byte, in lower case and without `0x`; fewer than `size` bytes end in zeros. Output: all `size` bytes. */
export const hexBytes = (size: number) =>
  z
    .string()
    .max(2 * size + 2, { error: `must be at most ${size} bytes in hex`, abort: true })
    .refine((text) => HEX_DIGITS.test(text) && text.length % 2 === 0, 'must be bytes in hex')
    .transform((text) => text.replace(PREFIX, '').toLowerCase())
    .refine((digits) => digits.length <= 2 * size, `must be at most ${size} bytes in hex`)
    .transform((digits) => digits.padEnd(2 * size, '0'));

/** The bits that are one in hex digits, ascending; bit 0 is the leftmost one. */
export const bitsOf = (digits: string): number[] =>
  Array.from(digits).flatMap((digit, at) => {
    const nibble = Number.parseInt(digit, 16);
    return [0, 1, 2, 3].flatMap((bit) => ((nibble >> (3 - bit)) & 1 ? [4 * at + bit] : []));
  });

/** The hex digits of `size` bytes in which the given bits are one; bit 0 is the leftmost one. */
export function hexOfBits(bits: readonly number[], size: number): string {
  const nibbles = new Array<number>(2 * size).fill(0);
  for (const bit of bits) nibbles[bit >> 2] = (nibbles[bit >> 2] ?? 0) | (8 >> (bit & 3));
  return nibbles.map((nibble) => nibble.toString(16)).join('');
}

/** Bit numbers, each once, ascending. */
export const ascending = (bits: Iterable<number>): number[] => [...new Set(bits)].sort((a, b) => a - b);

/** A list of bit numbers of a bitmap of `size` bytes, in any order. Output: each once, ascending. */
export const bitList = (size: number) =>
  z
    .array(
      z
        .int()
        .min(0)
        .max(8 * size - 1),
    )
    .max(8 * size)
    .transform(ascending);

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((bit, i) => bit === b[i]);

/**
 * A bitmap of `size` bytes with MSB-0 numbering, in any of its forms: a list of bit numbers, bytes in hex, or an object with
 * either or both, as it is answered. Output: the bits that are one, ascending.
 */
export const bitmap = (size: number) => {
  const bits = bitList(size);
  const hex = hexBytes(size).transform(bitsOf);
  const either = z
    .strictObject({ bits: bits.optional(), hex: hex.optional() })
    .refine((both) => both.bits !== undefined || both.hex !== undefined, 'must have bits or hex')
    .refine((both) => !both.bits || !both.hex || same(both.bits, both.hex), 'bits and hex must mean the same')
    .transform((both) => both.bits ?? both.hex ?? []);
  return z.union([bits, hex, either], {
    error: ({ input }) =>
      input === undefined ? 'is required' : `must be bit numbers below ${8 * size}, or at most ${size} bytes in hex`,
  });
};

/** A bitmap as it is answered. */
export const bitmapView = (bits: readonly number[], size: number): { bits: readonly number[]; hex: string } => ({
  bits,
  hex: hexOfBits(bits, size),
});
