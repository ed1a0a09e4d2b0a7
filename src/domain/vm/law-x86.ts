import type { CommonLawEvent } from './law-common.js';

/** What is asked of the law of an x86_64 VM. */
export type X86LawEvent = CommonLawEvent;
