import { AARCH64_GENERAL } from '../shapes/aarch64-registers.js';

/** The registers of an aarch64 vCPU that the model knows. */
export interface Aarch64RegisterFile extends Readonly<Record<`x${number}`, bigint>> {
  readonly sp: bigint;
  readonly pc: bigint;
  readonly pstate: bigint;
}

/** An aarch64 vCPU. */
export interface Aarch64Vcpu {
  readonly id: number;
  readonly mpState: 'runnable' | 'stopped';
  readonly registers: Aarch64RegisterFile;
}

/** EL1h with D, A, I and F masked (kvm_reset_vcpu, VCPU_RESET_PSTATE_EL1). */
const RESET_PSTATE = 0x3c5n;

/** A vCPU as KVM_ARM_VCPU_INIT leaves it: everything 0 but the processor state. */
export const newAarch64Vcpu = (id: number): Aarch64Vcpu => ({
  id,
  mpState: 'runnable',
  registers: {
    ...Object.fromEntries(AARCH64_GENERAL.map((name) => [name, 0n])),
    sp: 0n,
    pc: 0n,
    pstate: RESET_PSTATE,
  },
});
