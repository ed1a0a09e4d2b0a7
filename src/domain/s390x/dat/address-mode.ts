/** Bits of the PSW mask that choose how an address is read (PoP, "Program-Status Word"), in its two words. */
export const PSW = {
  datHigh: 0x04000000,
  spaceHigh: 0x0000c000,
  extendedHigh: 0x00000001,
  basicLow: 0x80000000,
} as const;

/** Values of PSW bits 16-17, the address-space control. */
export const SPACE = { primary: 0, access_register: 1, secondary: 2, home: 3 } as const;

/** PSW bits 16-17 of the upper word of a PSW mask. */
export const spaceOf = (pswHigh: number): number => (pswHigh & PSW.spaceHigh) >>> 14;

/** The bits of a logical address that take part, as two words. */
export interface AddressMode {
  readonly high: number;
  readonly low: number;
}

/** Addressing modes by their number of address bits. */
export const ADDRESS_MODES = {
  24: { high: 0, low: 0x00ffffff },
  31: { high: 0, low: 0x7fffffff },
  64: { high: 0xffffffff, low: 0xffffffff },
} as const satisfies Readonly<Record<number, AddressMode>>;

/**
 * The addressing mode of a PSW mask: bits 31 and 32 both one are 64 bits, bit 32 alone 31 bits, all else 24 bits, the invalid
 * combination too (kvm_s390_logical_to_effective).
 */
export function addressMode(pswHigh: number, pswLow: number): AddressMode {
  if ((pswLow & PSW.basicLow) === 0) return ADDRESS_MODES[24];
  return (pswHigh & PSW.extendedHigh) === 0 ? ADDRESS_MODES[31] : ADDRESS_MODES[64];
}
