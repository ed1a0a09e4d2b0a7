import fc from 'fast-check';
import {
  doublewordOf,
  frameOfWords,
  highWord,
  lowWord,
  wordAt,
  wrapFrame,
} from '../../../../src/domain/s390x/model/words.js';

const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

describe('pairs of words stand for doublewords', () => {
  it('halves and doublewords are each other', () => {
    fc.assert(
      fc.property(u64, (value) => {
        expect(highWord(value)).toBe(Number(value >> 32n));
        expect(lowWord(value)).toBe(Number(value & 0xffffffffn));
        expect(doublewordOf(highWord(value), lowWord(value))).toBe(value);
      }),
    );
  });

  it('the frame number is that of the 64-bit address', () => {
    fc.assert(
      fc.property(u64, (value) => {
        expect(frameOfWords(highWord(value), lowWord(value))).toBe(Number(value >> 12n));
      }),
    );
  });

  it('a word is read big-endian and unsigned', () => {
    expect(wordAt(Uint8Array.of(0, 0xff, 0xee, 0xdd, 0xcc), 1)).toBe(0xffeeddcc);
  });

  it('frame numbers wrap at 2^52', () => {
    expect([wrapFrame(2 ** 52), wrapFrame(2 ** 52 + 3), wrapFrame(2 ** 52 - 1)]).toEqual([0, 3, 2 ** 52 - 1]);
  });
});
