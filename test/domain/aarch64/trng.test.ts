import fc from 'fast-check';
import { Aarch64Machine, INVALID, NOT_SUPPORTED } from '../support/aarch64.js';

const RND32 = 0x84000053;
const RND64 = 0xc4000053;

const ONES = new Uint8Array(24).fill(0xff);
const COUNT = Uint8Array.from({ length: 24 }, (_, i) => i + 1);

const registers = (id: number, bits: bigint | number, random: Uint8Array) =>
  new Aarch64Machine().results(id, [bits, 8, 9], { random });

describe('TRNG', () => {
  it('TRNG_VERSION is 1.0', () => {
    expect(new Aarch64Machine().x0(0x84000050)).toBe(0x10000n);
  });

  it.each([0x84000050, 0x84000051, 0x84000052, 0x84000053, 0xc4000053])('TRNG_FEATURES has 0x%x', (id) => {
    expect(new Aarch64Machine().x0(0x84000051, [id])).toBe(0n);
  });

  it.each([0x84000054, 0xc4000050, 0x84000000, 0, 0x1_8400_0050])('TRNG_FEATURES has not 0x%x', (id) => {
    expect(new Aarch64Machine().x0(0x84000051, [id])).toBe(NOT_SUPPORTED);
  });

  it('TRNG_GET_UUID is 0d21e000-4384-11eb-8070-5244554e5a4c', () => {
    expect(new Aarch64Machine().results(0x84000052)).toEqual({
      x0: 0x00e0210dn,
      x1: 0xeb118443n,
      x2: 0x44527080n,
      x3: 0x4c5a4e55n,
    });
  });

  it.each<[id: number, bits: number, x1: bigint, x2: bigint, x3: bigint]>([
    [RND32, 0, 0n, 0n, 0n],
    [RND32, 1, 0n, 0n, 1n],
    [RND32, 33, 0n, 1n, 0xffffffffn],
    [RND32, 96, 0xffffffffn, 0xffffffffn, 0xffffffffn],
    [RND64, 96, 0n, 0xffffffffn, 0xffffffff_ffffffffn],
    [RND64, 192, 0xffffffff_ffffffffn, 0xffffffff_ffffffffn, 0xffffffff_ffffffffn],
  ])('TRNG_RND 0x%x of %i bits', (id, bits, x1, x2, x3) => {
    expect(registers(id, bits, ONES)).toEqual({ x0: 0n, x1, x2, x3 });
  });

  it('gives the bits from x3 up', () => {
    expect(registers(RND32, 96, COUNT)).toEqual({ x0: 0n, x1: 0x0c0b0a09n, x2: 0x08070605n, x3: 0x04030201n });
    expect(registers(RND64, 192, COUNT)).toEqual({
      x0: 0n,
      x1: 0x18171615_14131211n,
      x2: 0x100f0e0d_0c0b0a09n,
      x3: 0x08070605_04030201n,
    });
  });

  it.each<[id: number, bits: bigint | number]>([
    [RND32, 97],
    [RND32, 0xffffffff],
    [RND64, 193],
  ])('TRNG_RND 0x%x of %i bits: -2', (id, bits) => {
    expect(registers(id, bits, ONES)).toEqual({ x0: INVALID, x1: 0n, x2: 0n, x3: 0n });
  });

  it('looks at the low half of x1', () => {
    expect(registers(RND64, 0x1_0000_0001n, ONES)).toMatchObject({ x0: 0n, x3: 1n });
  });

  it('never gives a bit that was not asked for', () => {
    const bytes = fc.uint8Array({ minLength: 24, maxLength: 24 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 192 }), bytes, (bits, random) => {
        const { x1, x2, x3 } = registers(RND64, bits, random);
        expect(((x1 << 128n) | (x2 << 64n) | x3) >> BigInt(bits)).toBe(0n);
      }),
      { numRuns: 30 },
    );
  });
});
