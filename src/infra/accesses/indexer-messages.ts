import type { Failure } from '../journal/sqlite-faults.js';

/** Where the thread finds the ledger, and the file that it keeps. */
export interface IndexerOptions {
  readonly ledger: string;
  readonly index: string;
}

/** To the thread: to index up to a position and tell when that is done; to go on by and by; to end. */
export type IndexerRequest = { readonly id: number; readonly upTo: number } | 'go_on' | 'close';

/** From the thread. */
export type IndexerReply =
  | { readonly type: 'ready' }
  | { readonly type: 'reached'; readonly id: number; readonly failure?: Failure | undefined }
  | { readonly type: 'not_opened'; readonly failure: Failure };
