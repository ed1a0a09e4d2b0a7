import type { Aarch64Vm } from '../vm/state.js';
import { isGateOpen } from './smccc-allowed.js';
import { type Implementation, RESULT, answered, low32 } from './smccc-call.js';
import { PV_TIME, WORKAROUND } from './smccc-id.js';

/** What a host says of a vulnerability of its processors (enum mitigation_state). */
type Mitigation = Aarch64Vm['host']['spectreV2'];

/** SMCCC_ARCH_WORKAROUND_RET_UNAFFECTED. */
const UNAFFECTED = 1n;

/** Answers for WORKAROUND_1 and WORKAROUND_3. */
const BY_STATE: Readonly<Record<Mitigation, bigint>> = {
  vulnerable: RESULT.notSupported,
  mitigated: RESULT.success,
  unaffected: UNAFFECTED,
};

/** With SSBS the guest protects itself against Spectre v4, and is not told of firmware that would. */
const spectreV4 = ({ spectreV4: state, ssbs }: Aarch64Vm['host']): bigint =>
  state === 'vulnerable' || (state === 'mitigated' && ssbs) ? RESULT.notSupported : RESULT.notRequired;

/** ARCH_FEATURES by the low half of x1 (kvm_smccc_call_handler); what is not here is NOT_SUPPORTED. */
const FEATURES: ReadonlyMap<number, (call: Parameters<Implementation>[0]) => bigint> = new Map([
  [WORKAROUND.spectreV2, ({ vm: { host } }) => BY_STATE[host.spectreV2]],
  [WORKAROUND.spectreV4, ({ vm: { host } }) => spectreV4(host)],
  [WORKAROUND.spectreBhb, ({ vm: { host } }) => BY_STATE[host.spectreBhb]],
  [PV_TIME.features, ({ firmware }) => (isGateOpen(PV_TIME.features, firmware) ? RESULT.success : RESULT.notSupported)],
]);

/** SMCCC_ARCH_FEATURES: what the guest must know of the host's processors. */
export const archFeatures: Implementation = (call) =>
  answered(FEATURES.get(low32(call.args[0]))?.(call) ?? RESULT.notSupported);
