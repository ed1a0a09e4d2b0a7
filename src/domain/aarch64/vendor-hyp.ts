import { type HostClock, type Implementation, RESULT, answered, constant, low32 } from './smccc-call.js';
import { VENDOR } from './smccc-id.js';

/** KVM's id as a hypervisor, in four words (ARM_SMCCC_VENDOR_HYP_UID_KVM). */
const UID = [0xb66f_b428n, 0xe911_c52en, 0x564b_caa9n, 0x743a_004dn] as const;

/** Counters that PTP can be asked for: KVM_PTP_VIRT_COUNTER, KVM_PTP_PHYS_COUNTER. */
const VIRTUAL = 0;
const PHYSICAL = 1;

const high = (value: bigint): bigint => BigInt.asUintN(32, value >> 32n);
const low = (value: bigint): bigint => BigInt.asUintN(32, value);

/**
 * PTP (kvm_ptp_get_time): the host's real time and a counter of the guest at one moment, in halves. NOT_SUPPORTED unless the
 * host keeps time by that counter.
 */
const ptp: Implementation = ({ vm, args: [x1], clock: { realTime, counter } }) => {
  const asked = low32(x1);
  if (!vm.host.counterClocksource || (asked !== VIRTUAL && asked !== PHYSICAL)) return answered(RESULT.notSupported);
  const cycles = BigInt.asUintN(64, asked === VIRTUAL ? counter - (vm.counterOffset ?? 0n) : counter);
  return answered(high(realTime), low(realTime), high(cycles), low(cycles));
};

/** KVM's own calls: its id, what it has, and PTP. */
export const vendorHyp: ReadonlyMap<number, Implementation> = new Map<number, Implementation>([
  [VENDOR.uid, constant(...UID)],
  [VENDOR.features, ({ firmware }) => answered(firmware.vendorHyp)],
  [VENDOR.ptp, ptp],
]);

/** Whether a call takes the host's clocks. */
export const takesClock = (id: number): boolean => id === VENDOR.ptp;

const NANOSECONDS = 1_000_000n;

/** What the host's clocks say at a time in milliseconds since 1970: its counter runs at 1 GHz, and began then. */
export function clockAt(time: number): HostClock {
  const realTime = BigInt(time) * NANOSECONDS;
  return { realTime, counter: realTime };
}
