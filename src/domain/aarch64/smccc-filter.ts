import { type SmcccAction, type SmcccFilterRequest } from '../shapes/aarch64-smccc.js';

/** Function ids of an SMCCC filter with one action: plain 32-bit numbers, both ends included. */
export interface SmcccRange {
  readonly first: number;
  readonly last: number;
  readonly action: SmcccAction;
}

/** The ranges that user space stored, ascending by id. None of them share an id, with each other or with what is reserved. */
export type SmcccFilter = readonly SmcccRange[];

/** Fast calls of the Arm architecture, SMC32 and SMC64: no VMM may stand between them and the guest (kvm_smccc_filter_insert_reserved). */
export const RESERVED: SmcccFilter = [
  { first: 0x8000_0000, last: 0x8000_ffff, action: 'handle' },
  { first: 0xc000_0000, last: 0xc000_ffff, action: 'handle' },
];

type Ids = Pick<SmcccFilterRequest, 'base' | 'nrFunctions'>;

const lastOf = ({ base, nrFunctions }: Ids): number => (base + nrFunctions - 1) >>> 0;

/** Whether the last id, modulo 2^32, is below the first (kvm_smccc_set_filter). No ids at 0 is a range of all ids by this. */
export const wraps = (ids: Ids): boolean => lastOf(ids) < ids.base;

export const isEmpty = ({ nrFunctions }: Ids): boolean => nrFunctions === 0;

/** Whether there is such an action. */
export const isAction = (action: SmcccAction | number): action is SmcccAction => typeof action === 'string';

/** Whether padding is not 0. */
export const isPadded = ({ pad }: SmcccFilterRequest): boolean => pad?.some((byte) => byte !== 0) ?? false;

/** Whether an id of the request has an action already, reserved ones included; which action does not matter. */
export const overlaps = (filter: SmcccFilter, ids: Ids): boolean =>
  [...RESERVED, ...filter].some(({ first, last }) => first <= lastOf(ids) && last >= ids.base);

/** The filter with one more range. It neither wraps nor overlaps; adjacent ranges stay apart. */
export const inserted = (
  filter: SmcccFilter,
  { action, ...ids }: Ids & { readonly action: SmcccAction },
): SmcccFilter => [...filter, { first: ids.base, last: lastOf(ids), action }].sort((a, b) => a.first - b.first);

/** What the filter says of an id: `handle` where it says nothing (kvm_smccc_filter_get_action). */
export const filterAction = (filter: SmcccFilter, id: number): SmcccAction =>
  filter.find(({ first, last }) => first <= id && id <= last)?.action ?? 'handle';

/** Bytes of a node of the kernel's maple tree, and the ranges and gaps that a leaf has room for (maple_range_64). */
const NODE_SIZE = 256;
const NODE_SLOTS = 16;

/** Bytes that the kernel needs at least for the reserved ranges and `stored` others: each with a gap before it, and one at the end. */
export const filterSize = (stored: number): bigint =>
  BigInt(NODE_SIZE * Math.ceil((2 * (stored + RESERVED.length) + 1) / NODE_SLOTS));
