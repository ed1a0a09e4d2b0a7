/** Which of two truths a VM follows where KVM's documents and its code disagree; fixed at creation. */
export type Semantics = 'documented' | 'kernel';

/**
 * Every point where the two differ, by name, and what either says; where the switch is used is where the rule is.
 * docs/generated/semantics.md is made from this table.
 */
export const SWITCHES = {
  limitSizeReadsBack: {
    documented: 'GET MEM_LIMIT_SIZE answers the limit in force: what the last SET chose, never more than the ceiling',
    kernel: "GET MEM_LIMIT_SIZE always answers the machine's ceiling",
  },
  limitSizeNoLimit: {
    documented: 'SET MEM_LIMIT_SIZE to U64_MAX means no limit: accepted if the machine has none, else E2BIG',
    kernel: 'SET MEM_LIMIT_SIZE to U64_MAX is EINVAL, since rounding wraps it to 0',
  },
  migrationNeedsDirtyLog: {
    documented: 'MIGRATION_START is EINVAL unless every slot logs dirty pages, and ENOMEM without memory for its state',
    kernel: 'MIGRATION_START is EINVAL for a slot that does not log only if CMMA is enabled, and never ENOMEM',
  },
  mpStateResult: {
    documented: 'GET_MP_STATE of an s390x vCPU answers 0 and the state',
    kernel: 'GET_MP_STATE of an s390x vCPU answers the number of the state, 5 or 7, as its result, and no state',
  },
  subfuncReadBeforeWrite: {
    documented: 'GET CPU_PROCESSOR_SUBFUNC before the first SET is EINVAL',
    kernel: "GET CPU_PROCESSOR_SUBFUNC before the first SET answers the host's blocks",
  },
  todExtHas: {
    documented: 'HAS TOD_EXT is 0',
    kernel: 'HAS TOD_EXT is ENXIO although it works',
  },
  keyWrapWithoutFacility: {
    documented: 'SET of the four key-wrapping attributes is 0 without facility 76 too, and does nothing',
    kernel: 'SET of the four key-wrapping attributes is EINVAL without facility 76',
  },
  cmmaBridgedBytes: {
    documented: 'GET_CMMA_BITS answers clean pages between dirty ones as they are, at most 15 in a row',
    kernel: 'GET_CMMA_BITS answers clean pages between dirty ones as 0, at most 16 in a row',
  },
  cmmaMask: {
    documented: 'SET_CMMA_BITS leaves bits outside the mask as they were',
    kernel: 'SET_CMMA_BITS clears bits outside the mask',
  },
  smcccEmptyAtZero: {
    documented: 'SET SMCCC_FILTER of no functions at base 0 is EINVAL',
    kernel: 'SET SMCCC_FILTER of no functions at base 0 is a range of all ids, EEXIST',
  },
  translate2Reading: {
    documented:
      'KVM_TRANSLATE2 fails with the address of the entry, judges SMEP, SMAP and protection keys on the page, and says set_bits_succeeded only of bits that were to be set',
    kernel:
      'KVM_TRANSLATE2 fails with the address of the table, judges SMEP, SMAP and key 0 on every level, answers error 1 with a success and none with a refused read, and set_bits_succeeded for failures too',
  },
  hvmOpUnheard: {
    documented: 'KVM_HC_XEN_HVM_OP without a tool that listens answers 0',
    kernel: 'KVM_HC_XEN_HVM_OP without a tool that listens answers -KVM_ENOSYS',
  },
  memMapError: {
    documented: 'a MEM_MAP or MEM_UNMAP that fails answers -KVM_EFAULT; the answer and the record have the cause',
    kernel: 'a MEM_MAP or MEM_UNMAP that fails answers the code of its cause',
  },
} as const;

export type Switch = keyof typeof SWITCHES;

/** Whether `vm` follows the documents at the point that `name` stands for. */
export function documented(vm: { readonly semantics: Semantics }, name: Switch): boolean {
  return name in SWITCHES && vm.semantics === 'documented';
}
