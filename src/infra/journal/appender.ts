import type Database from 'better-sqlite3';
import { answerKeeper } from './answer-keeper.js';
import { eraser } from './eraser.js';
import { leafHash, leafOf, MAX_RECORD_BYTES, recordOf } from './leaf.js';
import { failureOf, type Failure } from './sqlite-faults.js';
import { indexedUpTo, streamIndexer } from './stream-index.js';
import { TreeKeeper } from './tree-keeper.js';
import type { Committed, DraftRow } from './writer-messages.js';

/** Where a stream stands in the transaction that is open. */
interface Head {
  readonly stream: number;
  version: number;
}

/** Streams whose heads are remembered at most. */
const MAX_HEADS = 65_536;

const HASH_BYTES = 32;

/** Places in a row. */
const TIME = 4;
const HOLES = 11;
const TOGETHER = 12;
const ELSEWHERE = 13;
const ANSWER = 14;
const ERASE = 15;

/** Appends drafts to the journal's file, each call one transaction. */
export class Appender {
  /** Heads and the last position are right as long as no other connection has committed (PRAGMA data_version). */
  private heads = new Map<string, Head>();
  private last = 0;
  private dataVersion: unknown;

  private readonly sql;
  private readonly index;
  private readonly tree;
  private readonly answers;
  private readonly erase;

  constructor(private readonly db: Database.Database) {
    this.index = streamIndexer(db);
    this.tree = new TreeKeeper(db);
    this.answers = answerKeeper(db);
    this.erase = eraser(db);
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
      elsewhere: db.prepare('INSERT OR IGNORE INTO touched_elsewhere VALUES (?, ?, ?)'),
      bulk: db.prepare('INSERT INTO bulk VALUES (?, ?, ?, ?)'),
    } as const;
  }

  /**
   * Appends drafts in one transaction. A draft that expects another version, or is too long, is refused alone, or with those
   * that go in together with it; when the file fails, nothing of them all is written.
   */
  commit(rows: readonly DraftRow[]): Committed {
    try {
      this.sql.begin.run();
      this.refresh();
      const { last: before } = this;
      const leafHashes = Buffer.allocUnsafeSlow(rows.length * HASH_BYTES);
      const refused = new Map<number, Failure>();
      for (let i = 0; i < rows.length;) {
        const group = rows.slice(i, i + 1 + (rows[i]?.[TOGETHER] ?? 0));
        const offset = (this.last - before) * HASH_BYTES;
        const failure = this.append(group, leafHashes.subarray(offset));
        if (failure) group.forEach((_, at) => refused.set(i + at, failure));
        i += group.length;
      }
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
    this.tree.resume(this.last);
    this.dataVersion = dataVersion;
  }

  /** Inserts drafts at the next positions and writes their leaf hashes to `leafHashes`; or says why none of them was. */
  private append(group: readonly DraftRow[], leafHashes: Buffer): Failure | undefined {
    const leaves: Buffer[] = [];
    for (const row of group) {
      const leaf = this.leafFor(row, this.last + 1 + leaves.length);
      if (!Buffer.isBuffer(leaf)) return leaf;
      leaves.push(leaf);
    }
    group.forEach((row, i) => this.insert(row, leaves[i] as Buffer).copy(leafHashes, i * HASH_BYTES));
    return undefined;
  }

  /** The leaf of a draft at a position, or why it cannot be there. */
  private leafFor(row: DraftRow, position: number): Buffer | Failure {
    const [vm, version, head, tail] = row;
    const at = this.headOf(vm)?.version ?? 0;
    if (at !== version - 1) return { fault: 'conflict', detail: `${vm} is at version ${at}, not ${version - 1}` };
    const answer = row[ANSWER];
    if (answer && this.answers.isTaken(answer.request, row[TIME]))
      return { fault: 'conflict', detail: `the key ${answer.request.key} stands for an answer already` };
    const leaf = leafOf({ head, tail, holes: row[HOLES] ?? [] }, position);
    const moved = row[ERASE]?.heads.find((head) => (this.headOf(head.vm)?.version ?? 0) !== head.version);
    if (moved) return { fault: 'conflict', detail: `${moved.vm} is not at version ${moved.version}` };
    const { length } = recordOf(leaf);
    if (length <= MAX_RECORD_BYTES) return leaf;
    return { fault: 'broken', detail: `a record of ${length} bytes is longer than ${MAX_RECORD_BYTES}` };
  }

  /** Inserts a draft at the next position; answers its leaf hash. */
  private insert(row: DraftRow, leaf: Buffer): Buffer {
    const [vm, version, , , time, ret, type, actor, firstFrame, lastFrame, data] = row;
    const position = this.last + 1;
    const head = this.headOf(vm) ?? { stream: Number(this.sql.stream.run(vm).lastInsertRowid), version: 0 };
    const hash = leafHash(leaf);
    for (const { role, salt, bytes } of data ?? []) this.sql.bulk.run(position, role, salt, bytes);
    const bytes = recordOf(leaf);
    this.sql.record.run(position, head.stream, version, time, ret, type, actor, firstFrame, lastFrame, hash, bytes);
    for (const { vm: other, frame } of row[ELSEWHERE] ?? []) this.sql.elsewhere.run(other, position, frame);
    if (row[ERASE]) this.erase(vm, position, row[ERASE]);
    this.tree.push(hash);
    const answer = row[ANSWER];
    if (answer) this.answers.keep({ ...answer, position }, time);
    head.version = version;
    this.heads.set(vm, head);
    this.last = position;
    return hash;
  }

  private headOf(vm: string): Head | undefined {
    return this.heads.get(vm) ?? this.sql.head.get(vm);
  }
}
