import type { PagingHost } from '../vcpu/control.js';

/** What decides which bits of an entry are reserved. */
export interface ReservedFacts extends PagingHost {
  /** EFER.NXE. */
  readonly nxe: boolean;
  /** CR4.PSE. */
  readonly pse: boolean;
}

/** Bits `high` to `low`, both inclusive; none if `low` is above `high`. */
const bits = (high: number, low: number): bigint =>
  low > high ? 0n : ((1n << BigInt(high - low + 1)) - 1n) << BigInt(low);

const PAGE_SIZE_BIT = bits(7, 7);

/** Reserved bits by what they are reserved for. */
const MASKS = {
  /** Physical address bits that the CPU does not have. */
  above_51: ({ maxPhysAddrBits }) => bits(51, maxPhysAddrBits),
  above_62: ({ maxPhysAddrBits }) => bits(62, maxPhysAddrBits),
  above_63: ({ maxPhysAddrBits }) => bits(63, maxPhysAddrBits),
  no_nx: ({ nxe }) => (nxe ? 0n : bits(63, 63)),
  global_on_amd: ({ cpuVendor }) => (cpuVendor === 'intel' ? 0n : bits(8, 8)),
  page_size: () => PAGE_SIZE_BIT,
  no_gigabyte_page: ({ gbPages }) => (gbPages ? 0n : PAGE_SIZE_BIT),
  /** Address bits below 4 MiB that PSE-36 does not use. */
  below_4m: ({ pse }) => (pse ? bits(21, 17) : 0n),
  below_2m: () => bits(20, 13),
  below_1g: () => bits(29, 13),
  pdpte: () => bits(2, 1) | bits(8, 5),
} as const satisfies Record<string, (facts: ReservedFacts) => bigint>;

/** Reserved bits of an entry by the value of its own bit 7. */
interface ReservedRow {
  readonly clear: readonly (keyof typeof MASKS)[];
  readonly set: readonly (keyof typeof MASKS)[];
}

const same = (...names: readonly (keyof typeof MASKS)[]): ReservedRow => ({ clear: names, set: names });

const upper: ReservedRow = {
  clear: ['above_51', 'no_nx', 'global_on_amd'],
  set: ['above_51', 'no_nx', 'global_on_amd', 'page_size'],
};

/** Which bits are reserved in which entry (x86-translate section 7; __reset_rsvds_bits_mask, load_pdptrs). */
export const RESERVED = {
  legacy_pt: same(),
  legacy_pd: { clear: [], set: ['below_4m'] },
  pae_pt: same('above_62', 'no_nx'),
  pae_pd: { clear: ['above_62', 'no_nx'], set: ['above_62', 'no_nx', 'below_2m'] },
  pae_pdpt: same('above_63', 'pdpte'),
  pt: same('above_51', 'no_nx'),
  pd: { clear: ['above_51', 'no_nx'], set: ['above_51', 'no_nx', 'below_2m'] },
  pdpt: { clear: ['above_51', 'no_nx'], set: ['above_51', 'no_nx', 'below_1g', 'no_gigabyte_page'] },
  pml4: upper,
  pml5: upper,
} as const satisfies Record<string, ReservedRow>;

export type ReservedEntry = keyof typeof RESERVED;

/**
 * The bits that must be 0 in a present entry.
 *
 * @param large whether bit 7 of the entry is 1
 */
export const reservedBits = (entry: ReservedEntry, large: boolean, facts: ReservedFacts): bigint =>
  RESERVED[entry][large ? 'set' : 'clear'].reduce((mask, name) => mask | MASKS[name](facts), 0n);
