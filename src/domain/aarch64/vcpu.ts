import { AARCH64_GENERAL, type Aarch64General } from '../shapes/aarch64-registers.js';
import type { Aarch64MpState } from '../shapes/aarch64-vcpu.js';

/** The registers of an aarch64 vCPU that the model knows. */
export interface Aarch64RegisterFile extends Readonly<Record<Aarch64General, bigint>> {
  readonly sp: bigint;
  readonly pc: bigint;
  readonly pstate: bigint;
}

/** An aarch64 vCPU. */
export interface Aarch64Vcpu {
  readonly id: number;
  readonly mpState: Aarch64MpState;
  readonly registers: Aarch64RegisterFile;
  /** Where its record of stolen time is, a guest address; absent if nowhere. */
  readonly stolenTime?: bigint;
}

/** EL1h with D, A, I and F masked (kvm_reset_vcpu, VCPU_RESET_PSTATE_EL1). */
const RESET_PSTATE = 0x3c5n;

/** Registers after a reset: everything 0 but the processor state. */
export const RESET_REGISTERS: Aarch64RegisterFile = {
  ...(Object.fromEntries(AARCH64_GENERAL.map((name) => [name, 0n])) as Record<Aarch64General, bigint>),
  sp: 0n,
  pc: 0n,
  pstate: RESET_PSTATE,
};

/** A vCPU as KVM_ARM_VCPU_INIT leaves it. */
export const newAarch64Vcpu = (id: number): Aarch64Vcpu => ({ id, mpState: 'runnable', registers: RESET_REGISTERS });
