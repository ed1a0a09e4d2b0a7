import { bitmap, bitmapView, bitsOf, hexBytes, hexOfBits } from '../../../src/domain/shapes/bitmap.js';

describe('a bitmap with MSB-0 numbering', () => {
  it.each<[bits: readonly number[], hex: string]>([
    [[], '0000'],
    [[0], '8000'],
    [[7, 8], '0180'],
    [[15], '0001'],
    [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], 'ffff'],
  ])('%j is %s, and the other way round', (bits, hex) => {
    expect(hexOfBits(bits, 2)).toBe(hex);
    expect(bitsOf(hex)).toEqual(bits);
    expect(bitmap(2).parse(bitmapView(bits, 2))).toEqual(bits);
  });

  it.each<[what: string, input: unknown]>([
    ['a bit beyond its end', [16]],
    ['a negative bit', [-1]],
    ['an odd number of digits', '123'],
    ['other characters', '0x12zz'],
    ['too many bytes', '112233'],
    ['too many bytes behind the prefix', '0x112233'],
    ['very long text', '0'.repeat(8_000_000)],
    ['neither bits nor hex', {}],
    ['bits and hex that differ', { bits: [0], hex: '40' }],
    ['a number', 1],
    ['nothing', undefined],
  ])('does not take %s', (_what, input) => {
    expect(bitmap(2).safeParse(input).success).toBe(false);
  });
});

describe('bytes in hex', () => {
  it.each([
    ['', '0000'],
    ['0x', '0000'],
    ['AB', 'ab00'],
    ['0Xabcd', 'abcd'],
  ])('%j are all of the bytes, in lower case', (text, expected) => expect(hexBytes(2).parse(text)).toBe(expected));
});
