import type Database from 'better-sqlite3';
import { leafHash, leafOf, MAX_RECORD_BYTES, recordOf } from './leaf.js';
import { failureOf, type Failure } from './sqlite-faults.js';
import { indexedUpTo, streamIndexer } from './stream-index.js';
import type { Committed, DraftRow } from './writer-messages.js';

/** Where a stream stands in the transaction that is open. */
interface Head {
  readonly stream: number;
  version: number;
}

/** Streams whose heads are remembered at most. */
const MAX_HEADS = 65_536;

const HASH_BYTES = 32;

/** Appends drafts to the journal's file, each call one transaction. */
export class Appender {
  /** Heads and the last position are right as long as no other connection has committed (PRAGMA data_version). */
  private heads = new Map<string, Head>();
  private last = 0;
  private dataVersion: unknown;

  private readonly sql;
  private readonly index;

  constructor(private readonly db: Database.Database) {
    this.index = streamIndexer(db);
    this.sql = {
      begin: db.prepare('BEGIN IMMEDIATE'),
      commit: db.prepare('COMMIT'),
      rollback: db.prepare('ROLLBACK'),
      dataVersion: db.prepare('PRAGMA data_version').pluck(),
      last: db.prepare<[], number>('SELECT ifnull(max(position), 0) FROM records').pluck(),
      recent: db.prepare<[number], Head & { vm: string }>(
        `SELECT vm, stream, max(version) AS version FROM records JOIN streams USING (stream)
         WHERE position > ? GROUP BY stream`,
      ),
      head: db.prepare<[string], Head>(
        'SELECT stream, max(version) AS version FROM streams JOIN stream_index USING (stream) WHERE vm = ? GROUP BY stream',
      ),
      stream: db.prepare<[string]>('INSERT INTO streams (vm) VALUES (?)'),
      record: db.prepare('INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
      bulk: db.prepare('INSERT INTO bulk VALUES (?, ?, ?, ?)'),
    } as const;
  }

  /**
   * Appends drafts in one transaction. A draft that expects another version, or is too long, is refused alone; when the
   * file fails, nothing of them all is written.
   */
  commit(rows: readonly DraftRow[]): Committed {
    try {
      this.sql.begin.run();
      this.refresh();
      const { last: before } = this;
      const leafHashes = Buffer.allocUnsafeSlow(rows.length * HASH_BYTES);
      const refused = new Map<number, Failure>();
      rows.forEach((row, i) => {
        const failure = this.append(row, leafHashes, (this.last - before) * HASH_BYTES);
        if (failure) refused.set(i, failure);
      });
      this.index(before, this.last);
      this.sql.commit.run();
      return { count: rows.length, first: before + 1, leafHashes, refused };
    } catch (error) {
      return { count: rows.length, first: 0, leafHashes: new Uint8Array(), refused: this.undo(rows, error) };
    }
  }

  /** Takes the transaction back, and with it whatever is remembered. */
  private undo(rows: readonly DraftRow[], error: unknown): ReadonlyMap<number, Failure> {
    const failure = failureOf(error);
    if (this.db.inTransaction) this.sql.rollback.run();
    this.dataVersion = undefined;
    return new Map(rows.map((_, i) => [i, failure]));
  }

  /** Forgets what another connection may have changed. */
  private refresh(): void {
    const dataVersion = this.sql.dataVersion.get();
    if (dataVersion === this.dataVersion && this.heads.size < MAX_HEADS) return;
    this.last = this.sql.last.get() ?? 0;
    const recent = this.sql.recent.all(indexedUpTo(this.last));
    this.heads = new Map(recent.map(({ vm, stream, version }) => [vm, { stream, version }]));
    this.dataVersion = dataVersion;
  }

  /** Inserts a draft at the next position and writes its leaf hash to `leafHashes` at `offset`, or says why not. */
  private append(row: DraftRow, leafHashes: Buffer, offset: number): Failure | undefined {
    const [vm, version, before, after, time, ret, type, actor, firstFrame, lastFrame, data] = row;
    const known = this.heads.get(vm) ?? this.sql.head.get(vm);
    const at = known?.version ?? 0;
    if (at !== version - 1) return { fault: 'conflict', detail: `${vm} is at version ${at}, not ${version - 1}` };

    const position = this.last + 1;
    const leaf = leafOf(before, position, after);
    const bytes = recordOf(leaf);
    if (bytes.length > MAX_RECORD_BYTES)
      return { fault: 'broken', detail: `a record of ${bytes.length} bytes is longer than ${MAX_RECORD_BYTES}` };

    const head = known ?? { stream: Number(this.sql.stream.run(vm).lastInsertRowid), version: 0 };
    const hash = leafHash(leaf);
    for (const { role, salt, bytes } of data ?? []) this.sql.bulk.run(position, role, salt, bytes);
    this.sql.record.run(position, head.stream, version, time, ret, type, actor, firstFrame, lastFrame, hash, bytes);
    leafHashes.set(hash, offset);
    head.version = version;
    this.heads.set(vm, head);
    this.last = position;
    return undefined;
  }
}
