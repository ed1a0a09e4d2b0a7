import Database from 'better-sqlite3';
import { type Observable, Subject } from 'rxjs';
import type { LeftBy } from '../../domain/audit/remains.js';
import type { Tree } from '../../domain/audit/tlog/proof.js';
import { SqliteWebhookStore } from '../webhooks/sqlite-webhook-store.js';
import type { WebhookStore } from '../webhooks/webhook-store.js';
import type { AnswerStore } from './answer-store.js';
import type { JournalMeter } from '../metrics/meters.js';
import { openForReading, type SqliteOptions } from './connection.js';
import {
  type BulkData,
  type Draft,
  type Journal,
  JournalError,
  type JournalFault,
  type Look,
  type Query,
  type StoredRecord,
  type StreamHead,
} from './journal.js';
import { flawOf, flawOfAll } from './leaf.js';
import { knownVersion, migrate } from './migrate.js';
import type { SnapshotStore } from './snapshot-store.js';
import { guarded } from './sqlite-faults.js';
import { SqliteAnswerStore } from './sqlite-answer-store.js';
import { SqliteReader } from './sqlite-reader.js';
import { sqliteTree } from './sqlite-tree.js';
import { SqliteSnapshotStore } from './sqlite-snapshot-store.js';
import { NO_WRITER, type Writer, WriterClient } from './writer-client.js';

/** What one SQLite file holds; closing the journal closes both. */
export interface SqliteLedger {
  readonly journal: Journal;
  readonly snapshots: SnapshotStore;
  /** The RFC 6962 tree over the journal's records. */
  readonly tree: Tree;
  readonly webhooks: WebhookStore;
  readonly answers: AnswerStore;
}

/**
 * Opens a journal's file, or creates it, and brings its schema up to date. A file that cannot be written to opens too if its
 * schema is up to date: reads work, appends fail with `readonly`.
 *
 * Other processes may have the same file open. Their records are announced right before the next record of this one.
 *
 * @throws NewerDatabaseError, ForeignFileError (migrate.ts); JournalError if the file cannot be opened, or if its commits would not be durable
 */
export async function openSqliteJournal(options: SqliteOptions, meter?: JournalMeter): Promise<SqliteLedger> {
  const db = guarded(() => prepare(options));
  try {
    const reader = new SqliteReader(db);
    const feed = new Feed(reader);
    const writer = await WriterClient.start(options, (records) => feed.announce(records), meter);
    return {
      journal: new SqliteJournal(db, reader, feed, writer),
      snapshots: new SqliteSnapshotStore(db, writer),
      tree: sqliteTree(db),
      webhooks: new SqliteWebhookStore(db, writer),
      answers: new SqliteAnswerStore(db, writer),
    };
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Opens a journal's file to be read, whether or not it is served: it stays as it is, of whatever schema version. Appends fail
 * with `readonly`.
 *
 * @throws NewerDatabaseError, ForeignFileError (migrate.ts); JournalError if the file cannot be opened
 */
export function readSqliteJournal(options: SqliteOptions): Pick<SqliteLedger, 'journal' | 'snapshots'> {
  const db = guarded(() => openForReading(options));
  try {
    return guarded(() => {
      knownVersion(db);
      const reader = new SqliteReader(db);
      return {
        journal: new SqliteJournal(db, reader, new Feed(reader), NO_WRITER),
        snapshots: new SqliteSnapshotStore(db, NO_WRITER),
      };
    });
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Migrates the file; answers a connection to read it with. */
function prepare(options: SqliteOptions): Database.Database {
  const db = new Database(options.file, { timeout: options.busyTimeout ?? 5000 });
  try {
    migrate(db);
    db.pragma('journal_mode = WAL');
    return openForReading(options);
  } finally {
    db.close();
  }
}

/** The live feed: what this process appended, and what others did in between. */
class Feed {
  readonly records = new Subject<StoredRecord>();
  private last: number;

  constructor(private readonly reader: SqliteReader) {
    this.last = reader.head();
  }

  /** Announces records that were just committed. If what lies before them cannot be read, all wait for the next time. */
  announce(records: readonly StoredRecord[]): void {
    const first = records[0]?.position ?? 0;
    if (!this.records.observed) this.last = first - 1;
    try {
      while (this.last < first - 1) this.reader.range(this.last, first - 1).forEach(this.next);
    } catch {
      return;
    }
    records.forEach(this.next);
  }

  private readonly next = (record: StoredRecord): void => {
    this.last = record.position;
    this.records.next(record);
  };
}

class SqliteJournal implements Journal {
  readonly appended: Observable<StoredRecord>;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly db: Database.Database,
    private readonly reader: SqliteReader,
    private readonly feed: Feed,
    private readonly writer: Writer,
  ) {
    this.appended = feed.records.asObservable();
  }

  append(draft: Draft): Promise<StoredRecord> {
    if (this.closing) return Promise.reject(new JournalError('closed'));
    const flaw = flawOf(draft);
    return flaw === undefined ? this.writer.append(draft) : Promise.reject(new JournalError('broken', flaw));
  }

  appendTogether(drafts: readonly Draft[]): Promise<StoredRecord[]> {
    if (this.closing) return Promise.reject(new JournalError('closed'));
    const flaw = flawOfAll(drafts);
    return flaw === undefined ? this.writer.appendTogether(drafts) : Promise.reject(new JournalError('broken', flaw));
  }

  async read(query: Query): Promise<StoredRecord[]> {
    try {
      return await this.open(() => this.reader.read(query));
    } catch (error) {
      return this.open(() => {
        throw error;
      });
    }
  }

  async look(query: Query): Promise<Look> {
    return Promise.resolve(this.open(() => this.reader.look(query)));
  }

  async data(position: number): Promise<BulkData[]> {
    return Promise.resolve(this.open(() => this.reader.data(position)));
  }

  async remains(position: number): Promise<LeftBy[]> {
    return Promise.resolve(this.open(() => this.reader.remains(position)));
  }

  sweep(): Promise<void> {
    return this.closing ? Promise.reject(new JournalError('closed')) : this.writer.run({ type: 'sweep' });
  }

  async head(): Promise<number> {
    return Promise.resolve(this.open(() => this.reader.head()));
  }

  async streamHead(vm: string): Promise<StreamHead> {
    return Promise.resolve(this.open(() => this.reader.streamHead(vm)));
  }

  async streams(after: string, limit: number): Promise<StreamHead[]> {
    return Promise.resolve(this.open(() => this.reader.streams(after, limit)));
  }

  async health(): Promise<JournalFault | undefined> {
    if (this.closing) return 'closed';
    return this.writer.run({ type: 'prove_room' }).then(
      () => undefined,
      (error: unknown) => (error instanceof JournalError ? error.fault : 'broken'),
    );
  }

  close(): Promise<void> {
    this.closing ??= this.writer.close().finally(() => {
      this.db.close();
      this.feed.records.complete();
    });
    return this.closing;
  }

  private open<Answer>(read: () => Answer): Answer {
    if (this.closing) throw new JournalError('closed');
    return guarded(read);
  }
}
