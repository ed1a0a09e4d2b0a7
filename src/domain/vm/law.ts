import type { Errno } from '../errno.js';
import type { Event } from './event.js';

/** What the statechart says to a command: refuse it with an errno, or go ahead and record these facts. */
export type Verdict = { readonly refused: Errno } | { readonly refused?: undefined; readonly facts: readonly Event[] };
