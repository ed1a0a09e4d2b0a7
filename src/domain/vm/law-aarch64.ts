import type { CommonLawEvent } from './law-common.js';

/** What is asked of the law of an aarch64 VM. */
export type Aarch64LawEvent = CommonLawEvent;
