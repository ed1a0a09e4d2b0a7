import { CR0, CR4, EFER, type PagingHost, type PagingRegisters, isSet } from './control.js';

/** Registers of which KVM_SET_SREGS asks whether they fit together. */
type Registers = Pick<PagingRegisters, 'cr0' | 'cr3' | 'cr4' | 'efer' | 'cs'>;

const isLong = ({ cr0, efer }: Registers): boolean => isSet(cr0, CR0.pg) && isSet(efer, EFER.lme);

/** Bits of CR4 that the machine's CPU has; VMX is Intel's. */
const cr4Bits = ({ cpuVendor }: PagingHost): bigint => {
  const all = Object.values(CR4).reduce((mask, bit) => mask | bit, 0n);
  return cpuVendor === 'intel' ? all : all & ~CR4.vmxe;
};

/**
 * What must hold of registers that user space loads, by a name for machines (kvm_is_valid_sregs, kvm_is_valid_cr4,
 * kvm_is_valid_cr0): each rule says whether registers break it.
 */
export const REGISTER_RULES = {
  long_mode_needs_pae: (registers) => isLong(registers) && !isSet(registers.cr4, CR4.pae),
  long_mode_needs_lma: (registers) => isLong(registers) && !isSet(registers.efer, EFER.lma),
  long_mode_cr3_within_maxphyaddr: (registers, host) =>
    isLong(registers) && registers.cr3 >> BigInt(host.maxPhysAddrBits) !== 0n,
  lma_outside_long_mode: (registers) => !isLong(registers) && isSet(registers.efer, EFER.lma),
  cs_l_outside_long_mode: (registers) => !isLong(registers) && registers.cs.l === 1,
  cr4_unknown_bits: ({ cr4 }, host) => (cr4 & ~cr4Bits(host)) !== 0n,
  cr0_upper_half: ({ cr0 }) => cr0 >> 32n !== 0n,
  cr0_nw_needs_cd: ({ cr0 }) => isSet(cr0, CR0.nw) && !isSet(cr0, CR0.cd),
  cr0_pg_needs_pe: ({ cr0 }) => isSet(cr0, CR0.pg) && !isSet(cr0, CR0.pe),
} as const satisfies Record<string, (registers: Registers, host: PagingHost) => boolean>;

export type RegisterRule = keyof typeof REGISTER_RULES;

/** The first rule that registers break, for which KVM_SET_SREGS answers EINVAL; undefined if they fit together. */
export function brokenRegisterRule(registers: Registers, host: PagingHost): RegisterRule | undefined {
  const rules = Object.keys(REGISTER_RULES) as RegisterRule[];
  return rules.find((rule) => REGISTER_RULES[rule](registers, host));
}
