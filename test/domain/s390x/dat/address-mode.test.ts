import { ADDRESS_MODES, SPACE, addressMode, spaceOf } from '../../../../src/domain/s390x/dat/address-mode.js';

describe('addressing mode by PSW bits 31 and 32', () => {
  it.each([
    ['00 is 24 bits', 0, 0, ADDRESS_MODES[24]],
    ['01 is 31 bits', 0, 0x80000000, ADDRESS_MODES[31]],
    ['11 is 64 bits', 1, 0x80000000, ADDRESS_MODES[64]],
    ['10 is invalid and taken as 24 bits', 1, 0, ADDRESS_MODES[24]],
    ['other bits do not matter', 0xfffffffe, 0x7fffffff, ADDRESS_MODES[24]],
  ])('%s', (_name, high, low, mode) => {
    expect(addressMode(high, low)).toBe(mode);
  });
});

describe('address space by PSW bits 16 and 17', () => {
  it.each([
    ['00 is primary', 0x0000, SPACE.primary],
    ['01 is access register', 0x4000, SPACE.access_register],
    ['10 is secondary', 0x8000, SPACE.secondary],
    ['11 is home', 0xc000, SPACE.home],
  ])('%s', (_name, high, space) => {
    expect(spaceOf(high)).toBe(space);
    expect(spaceOf((~0xc000 & 0xffffffff) | high)).toBe(space);
  });
});
