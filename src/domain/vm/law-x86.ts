import type { CommonLawEvent } from './law-common.js';

/** Commands on a vCPU of which the law asks for nothing but the vCPU. */
export const X86_VCPU_COMMANDS = ['translate2', 'translate_legacy', 'read_mappings'] as const;

/** What is asked of the law of an x86_64 VM. */
export type X86LawEvent = CommonLawEvent | { readonly type: (typeof X86_VCPU_COMMANDS)[number]; readonly vcpu: number };
