import type { Observable } from 'rxjs';
import type { LeftBy, Remains } from '../../domain/audit/remains.js';
import type { AnswerDraft } from './answer-store.js';

/** Bulk data of a record: kept beside it, bound to it by the commitment that the record's bytes hold. */
export interface BulkData {
  /** Where it belongs in the record, as in `command.data`. */
  readonly role: string;
  /** 32 random bytes that the commitment hides it with. */
  readonly salt: Uint8Array;
  readonly bytes: Uint8Array;
}

/** A record that wants to be appended: everything but its position, which only the journal knows. */
export interface Draft {
  readonly vm: string;
  /** The stream's version after this record; the append is refused unless the stream is at `version - 1`. */
  readonly version: number;
  /** The record's canonical text up to the position's digits, and from behind them. */
  readonly head: string;
  readonly tail: string;
  /** Other positions that the text names, in order; only in drafts that are appended together. */
  readonly holes?: readonly Hole[];
  readonly data: readonly BulkData[];
  /** What is answered to the client, to be kept with the record; the append conflicts if its key stands for an answer already. */
  readonly answer?: AnswerDraft;
  /** What readers filter by; derived from the record, never hashed. */
  readonly index: RecordIndex;
  /** What goes with it, for the record of an erasure. */
  readonly erase?: Erase;
}

/** What an erasure removes in the transaction that appends its record. */
export interface Erase {
  /** The versions that VMs must be at before the record: those that it was worked out for. */
  readonly heads: readonly { readonly vm: string; readonly version: number }[];
  /** The data that goes. */
  readonly pieces: readonly { readonly position: number; readonly role: string }[];
  /** Records whose answers had some of it: those that are kept go too. */
  readonly answers: readonly number[];
  /**
   * What is left in its place, in order of position and VM; at least one for each record that loses data. Of these VMs no
   * snapshot from before the record is kept.
   */
  readonly remains: readonly Remains[];
}

/** A place in `head` where the position of another record goes: the one `step` behind this record. */
export interface Hole {
  /** Characters of `head` before it. */
  readonly at: number;
  readonly step: number;
}

/** Columns by which the journal is searched. */
export interface RecordIndex {
  /** The command's type. */
  readonly type: string;
  /** The ioctl's return value; negative for a refusal. */
  readonly ret: number;
  readonly actor: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** First and last guest frame that the command touched, where it touched memory. */
  readonly frames?: { readonly first: number; readonly last: number };
  /** Guest frames of other VMs that it touched too. */
  readonly elsewhere?: readonly { readonly vm: string; readonly frame: number }[];
}

/** A record that is in the journal for good. */
export interface StoredRecord {
  /** Counts from 1 over the whole journal, without gaps. */
  readonly position: number;
  readonly vm: string;
  readonly version: number;
  /** The canonical bytes (RFC 8785 JSON, UTF-8), at most 65,535: what the leaf hash is of. */
  readonly bytes: Uint8Array;
  /** SHA-256(0x00, bytes): the record's leaf of the RFC 6962 tree. */
  readonly leafHash: Uint8Array;
}

/** What of the journal is wanted: records after a position, of one stream or all, that match every filter given. */
export interface Query {
  /** Only positions greater than this; 0 for all. */
  readonly after: number;
  readonly limit: number;
  readonly vm?: string;
  /** Only versions greater than this, and up to that one; with `vm`. */
  readonly afterVersion?: number;
  readonly upToVersion?: number;
  readonly type?: string;
  readonly outcome?: 'done' | 'refused';
  readonly actor?: string;
  /** Milliseconds since 1970, inclusive. */
  readonly from?: number;
  readonly to?: number;
  /** Records that touched one of these guest frames, first to last inclusive. */
  readonly frames?: { readonly first: number; readonly last: number };
  /** Records of any VM that touched one of these frames of one VM; without `vm` and `frames`. */
  readonly touching?: { readonly vm: string; readonly first: number; readonly last: number };
}

/** What one look at the journal found, and how far it went. */
export interface Look {
  readonly records: readonly StoredRecord[];
  /** Of the records after the query's position and up to this one, those that match are the ones found. */
  readonly upTo: number;
}

/** How far a look went that was to go up to `reached`, unless it found as many records as were wanted on the way. */
export const upToOf = (records: readonly StoredRecord[], limit: number, reached: number): number =>
  records.length < limit ? reached : (records.at(-1)?.position ?? reached);

/** Where a stream stands. */
export interface StreamHead {
  readonly vm: string;
  readonly version: number;
  readonly position: number;
}

/** Why an append or a read did not go through. */
export const JOURNAL_FAULTS = {
  conflict: 'the stream is not at the expected version',
  full: 'the journal has no room left',
  readonly: 'the journal cannot be written to',
  busy: 'the journal is locked by another process',
  closed: 'the journal is closed',
  broken: 'the journal failed',
} as const;

export type JournalFault = keyof typeof JOURNAL_FAULTS;

/** The one exception of the journal; nothing of the failed append is in it. */
export class JournalError extends Error {
  constructor(
    readonly fault: JournalFault,
    detail?: string,
  ) {
    super(detail === undefined ? JOURNAL_FAULTS[fault] : `${JOURNAL_FAULTS[fault]}: ${detail}`);
  }
}

/**
 * An append-only journal of records in streams, one stream a VM. Every implementation passes the contract suite in
 * test/infra/journal/journal.contract.ts.
 */
export interface Journal {
  /**
   * Appends a record and answers once it is durable. Appends of one caller are taken in the order of the calls.
   *
   * @throws JournalError; `conflict` when the stream has moved on
   */
  append(draft: Draft): Promise<StoredRecord>;

  /**
   * Appends records of several streams as one: at positions that follow each other, in one transaction, all or none of them.
   * Taken in the order of the calls like `append`.
   *
   * @throws JournalError; `conflict` when one of the streams has moved on
   */
  appendTogether(drafts: readonly Draft[]): Promise<StoredRecord[]>;

  /** Records that match, ascending by position, at most `limit`. */
  read(query: Query): Promise<StoredRecord[]>;

  /**
   * As `read`, but after a bounded number of records it answers what it found so far: a step of a search that holds up
   * nothing else for long. `upTo` is the query's position only if there is nothing after that.
   */
  look(query: Query): Promise<Look>;

  /** The bulk data of a record, in order of role; empty if it has none. */
  data(position: number): Promise<BulkData[]>;

  /** What erasures left of a record and of what it touched, in order of erasure and VM. */
  remains(position: number): Promise<LeftBy[]>;

  /**
   * Makes sure that what erasures removed is nowhere in the journal's files any more. It is in no table once the record of the
   * erasure is durable, but may be in free space and in the write-ahead log until then.
   *
   * @throws JournalError; `busy` while another process reads what was there before
   */
  sweep(): Promise<void>;

  /** The position of the last record, 0 for an empty journal. */
  head(): Promise<number>;

  /** The head of one stream; version 0 and position 0 if it has no record. */
  streamHead(vm: string): Promise<StreamHead>;

  /** The heads of all streams after `vm` in order of VM id, at most `limit`. */
  streams(after: string, limit: number): Promise<StreamHead[]>;

  /** Each record once it is durable, in order of position, from the moment of subscription on. */
  readonly appended: Observable<StoredRecord>;

  /** Whether appends are possible: undefined, or why not. */
  health(): Promise<JournalFault | undefined>;

  /** Waits for what is under way, then releases the file. Later calls fail with `closed`. */
  close(): Promise<void>;
}
