import type { SmcccAction } from '../shapes/aarch64-smccc.js';
import type { Bitmap, Firmware } from './firmware.js';
import { type SmcccFilter, filterAction } from './smccc-filter.js';
import { ARCH, OWNER_STANDARD, PSCI_0_1, PV_TIME, TRNG, VENDOR, numberOf, ownerOf } from './smccc-id.js';

/** A bit of a pseudo-firmware register. */
interface Gate {
  readonly bitmap: Bitmap;
  readonly bit: bigint;
}

const gated = (bitmap: Bitmap, bit: bigint, ids: readonly number[]): [number, Gate][] =>
  ids.map((id) => [id, { bitmap, bit }]);

/** Calls that a bit of a pseudo-firmware register turns on (kvm_smccc_test_fw_bmap). */
export const GATES: ReadonlyMap<number, Gate> = new Map([
  ...gated('std', 0n, Object.values(TRNG)),
  ...gated('stdHyp', 0n, Object.values(PV_TIME)),
  ...gated('vendorHyp', 0n, [VENDOR.features, VENDOR.uid]),
  ...gated('vendorHyp', 1n, [VENDOR.ptp]),
]);

/** The highest function number of PSCI 0.2 and later. */
const PSCI_LAST = 0x1f;

/**
 * Calls that no bit turns off (kvm_smccc_default_allowed). Of a PSCI id only owner and number are looked at: it may be fast
 * or yielding, SMC32 or SMC64, with anything in bits 23 to 16.
 */
export const isDefaultAllowed = (id: number): boolean =>
  id === ARCH.version ||
  id === ARCH.features ||
  (ownerOf(id) === OWNER_STANDARD && numberOf(id) <= PSCI_LAST) ||
  (id >= PSCI_0_1.first && id <= PSCI_0_1.last);

/** Whether the pseudo-firmware registers turn a bit on that this call needs; not if it needs none. */
export function isGateOpen(id: number, firmware: Firmware): boolean {
  const gate = GATES.get(id);
  return gate !== undefined && ((firmware[gate.bitmap] >> gate.bit) & 1n) === 1n;
}

/** What is done with a call (kvm_smccc_get_action): the filter is asked first, and cannot allow what the registers do not. */
export function actionOf(id: number, filter: SmcccFilter, firmware: Firmware): SmcccAction {
  const action = filterAction(filter, id);
  if (action !== 'handle') return action;
  return isGateOpen(id, firmware) || isDefaultAllowed(id) ? 'handle' : 'deny';
}
