import fc from 'fast-check';
import { absoluteFrame } from '../../../../src/domain/s390x/dat/prefixing.js';

describe('prefixing', () => {
  it.each([
    ['real 0-4095 is the first frame of the prefix area', 0, 0x40, 0x40],
    ['real 4096-8191 is the second', 1, 0x40, 0x41],
    ['real 8192 stays', 2, 0x40, 2],
    ['the frame before the prefix area stays', 0x3f, 0x40, 0x3f],
    ['the first frame of the prefix area is absolute 0', 0x40, 0x40, 0],
    ['the second is absolute 4096', 0x41, 0x40, 1],
    ['the frame behind the prefix area stays', 0x42, 0x40, 0x42],
    ['prefix 0 changes nothing: frame 0', 0, 0, 0],
    ['prefix 0 changes nothing: frame 1', 1, 0, 1],
  ])('%s', (_name, real, prefixFrame, absolute) => {
    expect(absoluteFrame(real, prefixFrame)).toBe(absolute);
  });

  it('is its own inverse', () => {
    const frame = fc.oneof(fc.nat(64), fc.nat({ max: 0x7fffffff }));
    fc.assert(
      fc.property(frame, fc.nat(0x3ffff), (real, half) => {
        const prefixFrame = 2 * half;
        expect(absoluteFrame(absoluteFrame(real, prefixFrame), prefixFrame)).toBe(real);
      }),
    );
  });
});
