import { archFeatures } from './arch-features.js';
import { psci } from './psci.js';
import { pvTime } from './pv-time.js';
import { type Implementation, constant } from './smccc-call.js';
import { ARCH } from './smccc-id.js';
import { trng } from './trng.js';
import { vendorHyp } from './vendor-hyp.js';

/** SMCCC 1.1. */
const SMCCC_VERSION = 0x1_0001n;

/** Calls that KVM carries out, but for PSCI. */
const CALLS: ReadonlyMap<number, Implementation> = new Map<number, Implementation>([
  [ARCH.version, constant(SMCCC_VERSION)],
  [ARCH.features, archFeatures],
  ...pvTime,
  ...vendorHyp,
  ...trng,
]);

/** How KVM carries out an allowed call (kvm_smccc_call_handler): what it does not know by itself goes to PSCI. */
export const implementationOf = (id: number): Implementation => CALLS.get(id) ?? psci;
