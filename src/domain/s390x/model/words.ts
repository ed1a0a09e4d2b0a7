export { doublewordOf, highWord, lowWord } from '../../memory/words.js';

/** The big-endian word at `at`, as an unsigned number. */
export const wordAt = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;

/** The frame number in the leftmost 52 bits of a pair of words. */
export const frameOfWords = (high: number, low: number): number => high * 0x100000 + (low >>> 12);

const FRAMES = 2 ** 52;

/** A frame number modulo the 2^52 frames that 64-bit addresses reach. */
export const wrapFrame = (frame: number): number => (frame >= FRAMES ? frame - FRAMES : frame);
