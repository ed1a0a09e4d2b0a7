/**
 * Rules that changed since the first ledgers, by name: from which version of the rules on a VM follows the new one, and what it
 * says. A VM goes on under the rules that it was created with (docs/decisions/0004), so that its records can be re-executed.
 */
export const CHANGES = {
  ucontrolSlot: {
    since: 2,
    says: 'the internal slot of a UCONTROL VM covers all addresses, and the VMM has no memory behind it',
  },
  externalCpuAddress: { since: 2, says: 'clock-comparator and CPU-timer interruptions store 0 as the CPU address' },
  machineCheckExtension: { since: 2, says: 'machine checks save vector registers and guarded-storage controls' },
  pfmf: { since: 2, says: 'the guest can execute PFMF' },
  secureEntry: {
    since: 2,
    says: 'a program interruption of a protected vCPU leaves no room for another one in the same entry',
  },
  ucasUnmapAlignment: { since: 2, says: 'KVM_S390_UCAS_UNMAP looks at the address of the vCPU and the length alone' },
  blockContent: {
    since: 3,
    says: 'ESSA tells the content of a page by whether it is mapped, and discarded pages from others',
  },
  builtAndDestroyed: { since: 3, says: 'a vCPU whose number is in use was built and destroyed: the topology changed' },
  pdptesUnjudged: { since: 3, says: 'with kernel semantics KVM_TRANSLATE2 judges no rights at PDPTEs of PAE paging' },
  ipiAcceptance: {
    since: 3,
    says: 'SEND_IPI: nobody accepts fixed interrupts that are deasserted, mode 3 kicks, and APIC ids do not wrap within a bitmap',
  },
} as const;

export type RuleChange = keyof typeof CHANGES;

/** The version of the rules that new VMs follow; what has none follows version 1. */
export const RULES = 3;

/** Whether a VM follows a rule as it was changed. */
export const changed = ({ rules = 1 }: { readonly rules?: number }, name: RuleChange): boolean =>
  rules >= CHANGES[name].since;
