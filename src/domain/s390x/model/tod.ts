/** A TOD clock: the epoch index, 8 bits, in front of 64 bits whose unit is 2^-12 microseconds since 1900-01-01. */
export interface Tod {
  readonly epochIdx: number;
  readonly tod: bigint;
}

/** What a guest's clock is ahead of the host's, 72 bits: `epdx` of epoch index, `epoch` of TOD (struct kvm_arch). */
export interface TodOffset {
  readonly epdx: number;
  readonly epoch: bigint;
}

/** Milliseconds from 1900-01-01 to 1970-01-01. */
const UNIX_EPOCH = 2_208_988_800_000n;

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const u8 = (value: number): number => value & 0xff;

/** The TOD clock of a host at a time in milliseconds since 1970; leap seconds do not count. */
export function todAt(time: number): Tod {
  const units = ((BigInt(time) + UNIX_EPOCH) * 1000n) << 12n;
  return { epochIdx: Number(BigInt.asUintN(8, units >> 64n)), tod: u64(units) };
}

/**
 * The offset that makes a guest's clock show `wanted` now (__kvm_s390_set_tod_clock).
 *
 * @param multipleEpoch whether the guest has facility 139; without it there is no epoch index
 */
export function offsetTo(wanted: Tod, host: Tod, multipleEpoch: boolean): TodOffset {
  const epoch = u64(wanted.tod - host.tod);
  if (!multipleEpoch) return { epoch, epdx: 0 };
  const borrow = epoch > wanted.tod ? 1 : 0;
  return { epoch, epdx: u8(wanted.epochIdx - host.epochIdx - borrow) };
}

/** A guest's clock now (kvm_s390_get_tod_clock). */
export function guestTod(offset: TodOffset, host: Tod, multipleEpoch: boolean): Tod {
  const tod = u64(host.tod + offset.epoch);
  if (!multipleEpoch) return { epochIdx: 0, tod };
  const carry = tod < host.tod ? 1 : 0;
  return { epochIdx: u8(host.epochIdx + offset.epdx + carry), tod };
}

/** The clock of a host that nobody looked at. */
export const NO_TOD: Tod = { epochIdx: 0, tod: 0n };

/** The offset of a VM whose clock was never set. */
export const NO_OFFSET: TodOffset = { epdx: 0, epoch: 0n };
