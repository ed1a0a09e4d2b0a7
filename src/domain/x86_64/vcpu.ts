import { X86_GENERAL, type X86General } from '../shapes/x86-registers.js';

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
  readonly mpState: 'runnable' | 'halted';
  readonly registers: X86RegisterFile;
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
