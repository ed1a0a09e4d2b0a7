import type { VcpuIntrospection, Waiting } from '../../introspection/state.js';
import type { X86MpState } from '../../shapes/x86-mp-state.js';
import type { PendingIpi } from './ipi-modes.js';
import { X86_GENERAL, type X86General } from '../../shapes/x86-registers.js';

/** The registers of an x86_64 vCPU that the model knows. */
export interface X86RegisterFile extends Readonly<Record<X86General, bigint>> {
  readonly cr0: bigint;
  readonly cr2: bigint;
  readonly cr3: bigint;
  readonly cr4: bigint;
  readonly efer: bigint;
  readonly rflags: bigint;
  readonly pkru: number;
  readonly rip: bigint;
  readonly cs: { readonly l: 0 | 1; readonly db: 0 | 1; readonly dpl: number };
  readonly apicId: number;
}

/** An x86_64 vCPU. */
export interface X86Vcpu {
  readonly id: number;
  readonly mpState: X86MpState;
  readonly registers: X86RegisterFile;
  /** MSRs that were written, by index. EFER is among the registers. */
  readonly msrs?: ReadonlyMap<number, bigint>;
  /** XCR0, where it was written. */
  readonly xcr0?: bigint;
  /** Another vCPU's KICK_CPU came while this one did not sleep. */
  readonly kicked?: true;
  /** Interrupts that were accepted and not taken yet, in order of acceptance. */
  readonly ipis?: readonly PendingIpi[];
  /** A hypercall that user space has to answer; `wide`: with 64 bits. */
  readonly asked?: { readonly wide: boolean };
  /** What the tool selected; absent for nothing. */
  readonly introspection?: VcpuIntrospection;
  /** The event that waits for the tool's reply. */
  readonly waiting?: Waiting;
}

const general = Object.fromEntries(X86_GENERAL.map((name) => [name, 0n])) as Record<X86General, bigint>;

/**
 * A vCPU as KVM_CREATE_VCPU leaves it: in the state after RESET (SDM volume 3, table 11-1; kvm_vcpu_reset), but for what
 * identifies the processor. Its APIC id is its own id.
 */
export const newX86Vcpu = (id: number): X86Vcpu => ({
  id,
  mpState: 'runnable',
  registers: {
    cr0: 0x6000_0010n,
    cr2: 0n,
    cr3: 0n,
    cr4: 0n,
    efer: 0n,
    rflags: 2n,
    pkru: 0,
    rip: 0xfff0n,
    cs: { l: 0, db: 0, dpl: 0 },
    ...general,
    apicId: id,
  },
});
