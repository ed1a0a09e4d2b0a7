import Database from 'better-sqlite3';
import type { Subscription } from 'rxjs';
import type { Absolute } from '../../domain/memory/address.js';
import { Breath } from '../breath.js';
import { type Journal, JournalError } from '../journal/journal.js';
import { failureOf, journalError, sqliteCode } from '../journal/sqlite-faults.js';
import { AccessReader, type Place } from './access-reader.js';
import { type BlamedRun, blame } from './blame.js';
import { IndexerClient } from './indexer-client.js';
import type { IndexerOptions } from './indexer-messages.js';
import type { AccessRow } from './rows.js';
import { type AccessQuery, type FoundAccess, searchAccesses } from './search.js';

/** Milliseconds after an append until the index follows, if nobody asks it before. */
const PATIENCE = 2000;

/** A range of guest memory of a VM as of a position of the journal. */
export interface BlameQuery {
  readonly vm: string;
  readonly absolute: Absolute;
  readonly size: number;
  /** The end of the journal if absent. */
  readonly position?: number | undefined;
}

/** A run of guest memory with the access that wrote it last. */
export interface Blamed extends BlamedRun {
  readonly by?: AccessRow;
}

/** Where a search begins that is to find everything. */
export const BEGINNING: Place = { position: 0, n: -1 };

/**
 * Who touched which guest memory. The answers come from an index in a file of its own, which follows the journal by itself, in a thread of
 * its own; whoever asks waits until it has come to where the journal is at that moment. The file holds nothing that the journal does not
 * tell, and may be deleted while the service does not run.
 */
export class AccessIndex {
  private client: Promise<IndexerClient> | undefined;
  private opened: { readonly db: Database.Database; readonly reader: AccessReader } | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly feed: Subscription;
  private closed = false;

  constructor(
    private readonly journal: Journal,
    private readonly options: IndexerOptions,
  ) {
    this.feed = journal.appended.subscribe(() => this.goOnLater());
    this.goOnLater();
  }

  /**
   * The accesses that a query asks for after a place, in order, up to the end that the journal has now.
   *
   * @throws JournalError
   */
  async *search(query: AccessQuery, after: Place): AsyncGenerator<FoundAccess> {
    const upTo = await this.journal.head();
    const reader = await this.upTo(upTo);
    yield* told(searchAccesses(reader, query, after, upTo, new Breath()));
  }

  /**
   * Runs of guest memory in order of address, each with the access that wrote it last.
   *
   * @throws JournalError
   */
  async *blame({ vm, absolute, size, position }: BlameQuery): AsyncGenerator<Blamed> {
    const upTo = position ?? (await this.journal.head());
    const reader = await this.upTo(upTo);
    for await (const run of told(blame(reader, vm, { absolute, size }, upTo, new Breath()))) {
      const by = run.write && reader.one(run.write);
      yield { ...run, ...(by && { by }) };
    }
  }

  /** Ends the thread; later calls fail with `closed`. */
  async close(): Promise<void> {
    this.closed = true;
    this.feed.unsubscribe();
    clearTimeout(this.timer);
    const client = await this.client?.catch(() => undefined);
    // Before the thread: the last one that can write takes the write-ahead log away.
    this.opened?.db.close();
    await client?.close();
  }

  /** A reader of an index that has all records up to a position. */
  private async upTo(position: number): Promise<AccessReader> {
    const client = await this.running();
    await client.reach(position);
    if (this.closed) throw new JournalError('closed');
    if (this.opened === undefined) {
      const db = new Database(this.options.index, { readonly: true, fileMustExist: true });
      this.opened = { db, reader: new AccessReader(db) };
    }
    return this.opened.reader;
  }

  /** The thread: begun when it is first needed, and again if it ended. */
  private running(): Promise<IndexerClient> {
    if (this.closed) return Promise.reject(new JournalError('closed'));
    if (this.client) return this.client;
    const forget = (): void => {
      this.client = undefined;
      // It may have left the file for another one.
      this.opened = undefined;
    };
    const client = IndexerClient.start(this.options, forget);
    client.catch(forget);
    this.client = client;
    return client;
  }

  private goOnLater(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.running().then(
        (client) => client.goOn(),
        // Whoever asks is told.
        () => undefined,
      );
    }, PATIENCE).unref();
  }
}

/** What is found; an exception of SQLite comes out as a JournalError. */
async function* told<Found>(found: AsyncGenerator<Found>): AsyncGenerator<Found> {
  try {
    yield* found;
  } catch (error) {
    throw sqliteCode(error) === undefined ? error : journalError(failureOf(error));
  }
}
