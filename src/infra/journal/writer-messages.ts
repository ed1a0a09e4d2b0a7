import type { WebhookAdvanceRow, WebhookRow } from '../webhooks/webhook-store.js';
import type { AnswerDraft, Keep } from './answer-store.js';
import type { BulkData, Erase, Hole, RecordIndex } from './journal.js';
import type { Snapshot, SnapshotNode } from './snapshot-store.js';
import type { Failure } from './sqlite-faults.js';

/** A draft as it crosses to the writer: a tuple, since objects cost more to clone. */
export type DraftRow = readonly [
  vm: string,
  version: number,
  head: string,
  tail: string,
  time: number,
  ret: number,
  type: string,
  actor: string,
  firstFrame: number | null,
  lastFrame: number | null,
  data: readonly BulkData[] | undefined,
  holes: readonly Hole[] | undefined,
  /** Drafts behind this one that go in together with it, or not at all. */
  together: number,
  elsewhere: RecordIndex['elsewhere'],
  answer?: AnswerDraft | undefined,
  erase?: Erase | undefined,
];

/** Work that is not an append: it waits until no append does. */
export type Job =
  | KeepNodes
  | { readonly type: 'keep_snapshot'; readonly snapshot: Snapshot }
  | { readonly type: 'drop_snapshots'; readonly vm: string }
  | { readonly type: 'put_webhook'; readonly row: WebhookRow; readonly keep: Keep | undefined }
  | { readonly type: 'advance_webhooks'; readonly rows: readonly WebhookAdvanceRow[] }
  | { readonly type: 'drop_webhook'; readonly id: string; readonly keep: Keep | undefined }
  | ({ readonly type: 'keep_answer' } & Keep)
  | { readonly type: 'prune_answers'; readonly now: number }
  | { readonly type: 'prove_room' }
  | { readonly type: 'sweep' };

/** Keeps nodes of a VM's memory as it was at a position of the journal. */
export interface KeepNodes {
  readonly type: 'keep_nodes';
  readonly vm: string;
  readonly position: number;
  readonly nodes: readonly SnapshotNode[];
}

/** To the writer: drafts, a job with the number that its answer will have, or to end once all that is done. */
export type Request = readonly DraftRow[] | { readonly id: number; readonly job: Job } | 'close';

/** What one transaction came to: it took `count` drafts, the oldest that waited. */
export interface Committed {
  readonly count: number;
  /** The position of the first draft that went in; the others follow without gaps, in order. */
  readonly first: number;
  /** 32 bytes for each draft that went in. */
  readonly leafHashes: Uint8Array;
  /** The drafts that did not, by their place among the `count`; a `count` of these means that nothing was written. */
  readonly refused: ReadonlyMap<number, Failure>;
}

/** From the writer. */
export type Reply =
  | { readonly type: 'ready' }
  | { readonly type: 'committed'; readonly committed: Committed }
  | { readonly type: 'job_done'; readonly id: number; readonly failure?: Failure | undefined }
  | { readonly type: 'not_opened'; readonly failure: Failure };
