/** Which of two truths a VM follows where KVM's documents and its code disagree; fixed at creation. */
export type Semantics = 'documented' | 'kernel';

/**
 * Every point where the two differ, by name: `true` where the published API text is followed, `false` where the code is.
 * What each switch does stands where it is used; docs/semantics.md lists them.
 */
export const SWITCHES = {
  limitSizeReadsBack: 'GET MEM_LIMIT_SIZE answers the limit in force, not always the ceiling of the machine',
  limitSizeNoLimit: 'SET MEM_LIMIT_SIZE to U64_MAX means no limit instead of wrapping to 0',
  migrationNeedsDirtyLog:
    'MIGRATION_START needs dirty logging in every slot, with or without CMMA, and memory for its state',
} as const;

export type Switch = keyof typeof SWITCHES;

/** Whether `vm` follows the documents at the point that `name` stands for. */
export function documented(vm: { readonly semantics: Semantics }, name: Switch): boolean {
  return name in SWITCHES && vm.semantics === 'documented';
}
