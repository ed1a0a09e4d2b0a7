import { type Implementation, RESULT, answered } from './smccc-call.js';

/** Bits of MPIDR_EL1 that are affinity levels 0 to 3 (MPIDR_HWID_BITMASK). */
const AFFINITY = 0xff_00ff_ffffn;

const LEVEL_BITS = 8n;
const HIGHEST_LEVEL = 3n;

/** The affinity of a vCPU: 16 to a cluster, since a GICv3 reaches no more of them with one interrupt (reset_mpidr). */
export const affinityOf = (vcpu: number): bigint =>
  BigInt(vcpu & 0xf) |
  (BigInt((vcpu >>> 4) & 0xff) << LEVEL_BITS) |
  (BigInt((vcpu >>> 12) & 0xff) << (2n * LEVEL_BITS));

const isAffinity = (mpidr: bigint): boolean => (mpidr & ~AFFINITY) === 0n;

/**
 * CPU_SUSPEND, whatever the power state: a wait for an interrupt (kvm_psci_vcpu_suspend), after which every register is as
 * before. No time passes in the model, so the guest is answered at once.
 */
export const cpuSuspend: Implementation = () => answered(RESULT.success);

/** CPU_OFF of the caller. It does not come back, but its registers have the answer. */
export const cpuOff: Implementation = ({ caller }) => ({
  ...answered(RESULT.success),
  facts: [{ type: 'power_state_set', vcpu: caller.id, mpState: 'stopped' }],
});

/** CPU_ON: x1 the affinity, x2 where the vCPU starts, x3 what it finds in x0 (kvm_psci_vcpu_on). Only one that is stopped can be. */
export const cpuOn: Implementation = ({ vm, args: [mpidr, pc, context] }) => {
  const target = isAffinity(mpidr) ? [...vm.vcpus.values()].find(({ id }) => affinityOf(id) === mpidr) : undefined;
  if (target === undefined) return answered(RESULT.invalidParameters);
  if (target.mpState !== 'stopped') return answered(RESULT.alreadyOn);
  return { ...answered(RESULT.success), facts: [{ type: 'vcpu_powered_on', vcpu: target.id, pc, x0: context }] };
};

const ON = 0n;
const OFF = 1n;

/** AFFINITY_INFO: x1 an affinity, x2 the lowest level of it that counts (kvm_psci_vcpu_affinity_info). */
export const affinityInfo: Implementation = ({ vm, args: [mpidr, level] }) => {
  if (!isAffinity(mpidr) || level > HIGHEST_LEVEL) return answered(RESULT.invalidParameters);
  const mask = (AFFINITY >> (level * LEVEL_BITS)) << (level * LEVEL_BITS);
  const matching = [...vm.vcpus.values()].filter(({ id }) => ((affinityOf(id) ^ mpidr) & mask) === 0n);
  if (matching.length === 0) return answered(RESULT.invalidParameters);
  return answered(matching.some(({ mpState }) => mpState !== 'stopped') ? ON : OFF);
};
