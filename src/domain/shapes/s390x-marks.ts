import { z } from 'zod';
import { abiEnum, bytes, flagSet, u32, u64, u8 } from './scalars.js';

/** Most pages of one KVM_S390_GET_SKEYS or _SET_SKEYS, _GET_CMMA_BITS or _SET_CMMA_BITS (KVM_S390_SKEYS_MAX, KVM_S390_CMMA_SIZE_MAX). */
export const MARKS_MAX = 1048576;

/** KVM_S390_GET_SKEYS (struct kvm_s390_skeys). */
export const getSkeys = z.strictObject({
  type: z.literal('s390_get_skeys'),
  startGfn: u64,
  count: u64,
  flags: u32.default(0),
});

/** KVM_S390_SET_SKEYS: `data` is what skeydata_addr points to, a key a page. */
export const setSkeys = getSkeys.extend({ type: z.literal('s390_set_skeys'), data: bytes.optional() });

/** Operations of KVM_S390_KEYOP by ABI number. */
export const KEY_OPS = { iske: 1, rrbe: 2, sske: 3 } as const;

const operation = abiEnum(KEY_OPS).refine((op) => typeof op === 'string' || op < 256, 'must fit in 8 bits');

/** KVM_S390_KEYOP (struct kvm_s390_keyop). */
export const keyop = z.strictObject({ type: z.literal('s390_keyop'), op: operation, gaddr: u64, key: u8.default(0) });

/** Flags of KVM_S390_GET_CMMA_BITS by mask. */
export const cmmaFlags = flagSet({ peek: 1 }, 32);

/** KVM_S390_GET_CMMA_BITS (struct kvm_s390_cmma_log). */
export const getCmmaBits = z.strictObject({
  type: z.literal('s390_get_cmma_bits'),
  startGfn: u64,
  count: u32,
  flags: cmmaFlags.default([]),
});

/** KVM_S390_SET_CMMA_BITS: `data` is what `values` points to, a CMMA byte a page. */
export const setCmmaBits = getCmmaBits.extend({
  type: z.literal('s390_set_cmma_bits'),
  mask: u64,
  data: bytes.optional(),
});
