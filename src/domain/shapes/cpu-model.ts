import { z } from 'zod';
import { hexBytes } from './bitmap.js';

/** Bytes of a facility list: u64[256]. */
export const FAC_LIST_SIZE = 2048;

/** Bytes of a bitmap of CPU features: u64[16]. */
export const FEAT_SIZE = 128;

/** The blocks of struct kvm_s390_vm_cpu_subfunc in its order, and their bytes. */
export const SUBFUNC_SIZES = {
  plo: 32,
  ptff: 16,
  kmac: 16,
  kmc: 16,
  km: 16,
  kimd: 16,
  klmd: 16,
  pckmo: 16,
  kmctr: 16,
  kmf: 16,
  kmo: 16,
  pcc: 16,
  ppno: 16,
  kma: 16,
  kdsa: 16,
  sortl: 32,
  dfltcc: 32,
  pfcr: 16,
  reserved: 1712,
} as const;

export type SubfuncBlock = keyof typeof SUBFUNC_SIZES;

/** Blocks by name, in hex digits of their whole size; a block that is absent is zero. */
export type Subfunc = { readonly [Block in SubfuncBlock]?: string | undefined };

const ZERO = /^0*$/;

/** Without the blocks that are zero. */
const normal = (blocks: Subfunc): Subfunc =>
  Object.fromEntries(Object.entries(blocks).filter(([, digits]) => !ZERO.test(digits ?? '')));

/** The blocks of a request: bytes in hex by name; missing blocks, and missing bytes at a block's end, are zero. */
export const subfunc = z
  .strictObject({
    plo: hexBytes(SUBFUNC_SIZES.plo),
    ptff: hexBytes(SUBFUNC_SIZES.ptff),
    kmac: hexBytes(SUBFUNC_SIZES.kmac),
    kmc: hexBytes(SUBFUNC_SIZES.kmc),
    km: hexBytes(SUBFUNC_SIZES.km),
    kimd: hexBytes(SUBFUNC_SIZES.kimd),
    klmd: hexBytes(SUBFUNC_SIZES.klmd),
    pckmo: hexBytes(SUBFUNC_SIZES.pckmo),
    kmctr: hexBytes(SUBFUNC_SIZES.kmctr),
    kmf: hexBytes(SUBFUNC_SIZES.kmf),
    kmo: hexBytes(SUBFUNC_SIZES.kmo),
    pcc: hexBytes(SUBFUNC_SIZES.pcc),
    ppno: hexBytes(SUBFUNC_SIZES.ppno),
    kma: hexBytes(SUBFUNC_SIZES.kma),
    kdsa: hexBytes(SUBFUNC_SIZES.kdsa),
    sortl: hexBytes(SUBFUNC_SIZES.sortl),
    dfltcc: hexBytes(SUBFUNC_SIZES.dfltcc),
    pfcr: hexBytes(SUBFUNC_SIZES.pfcr),
    reserved: hexBytes(SUBFUNC_SIZES.reserved),
  })
  .partial()
  .transform(normal);

/** Blocks as they are answered: all that have a name, and the reserved bytes where they are not zero. */
export const subfuncView = (blocks: Subfunc): Readonly<Record<string, string>> => {
  const sizes = Object.entries(SUBFUNC_SIZES) as [SubfuncBlock, number][];
  const shown = sizes.filter(([name]) => name !== 'reserved' || blocks.reserved !== undefined);
  return Object.fromEntries(shown.map(([name, size]) => [name, blocks[name] ?? '0'.repeat(2 * size)]));
};
