import type Database from 'better-sqlite3';
import { setImmediate } from 'node:timers/promises';
import type { LeftBy } from '../../domain/audit/remains.js';
import { type BulkData, type Look, type Query, type StoredRecord, type StreamHead, upToOf } from './journal.js';
import { RecordSelect } from './record-select.js';
import { indexedUpTo } from './stream-index.js';

/** Records that one step looks at, so that a search through many holds up nothing else for long. */
const STEP = 4096;

/** Reads a journal's file. Every step is one read transaction on a connection that cannot write. */
export class SqliteReader {
  private readonly select: RecordSelect;
  private readonly sql;

  constructor(private readonly db: Database.Database) {
    this.select = new RecordSelect(db);
    this.sql = {
      head: db.prepare<[], number>('SELECT ifnull(max(position), 0) FROM records').pluck(),
      data: db.prepare<[number], BulkData>('SELECT role, salt, bytes FROM bulk WHERE position = ? ORDER BY role'),
      // A file that is only read may be of a schema that knows no erasures.
      remains: hasTable(db, 'erased')
        ? db.prepare<[number], LeftBy>(
            'SELECT position, erasure, vm, remains AS text FROM erased WHERE position = ? ORDER BY erasure, vm',
          )
        : undefined,
      stream: db.prepare<[string], number>('SELECT stream FROM streams WHERE vm = ?').pluck(),
      streams: db.prepare<[string, number], { stream: number; vm: string }>(
        'SELECT stream, vm FROM streams WHERE vm > ? ORDER BY vm LIMIT ?',
      ),
      indexedHead: db.prepare<[number], StreamPoint>(
        'SELECT version, position FROM stream_index WHERE stream = ? ORDER BY version DESC LIMIT 1',
      ),
      positionAt: db
        .prepare<[number, number], number>('SELECT position FROM stream_index WHERE stream = ? AND version = ?')
        .pluck(),
      recentHeads: db.prepare<[number], StreamPoint & { stream: number }>(
        'SELECT stream, max(version) AS version, max(position) AS position FROM records WHERE position > ? GROUP BY stream',
      ),
    } as const;
  }

  head(): number {
    return this.sql.head.get() ?? 0;
  }

  data(position: number): BulkData[] {
    return this.sql.data.all(position);
  }

  remains(position: number): LeftBy[] {
    return this.sql.remains?.all(position) ?? [];
  }

  /** The records after a position up to another, the first of them if there are many. */
  range(above: number, upTo: number): StoredRecord[] {
    return this.select.run('journal', { above, upTo, limit: STEP }, { after: above, limit: STEP });
  }

  /** Records that match, ascending by position; gives way to others between its steps. */
  async read(query: Query): Promise<StoredRecord[]> {
    const { vm } = query;
    return vm === undefined ? this.readJournal(query) : this.readStream(query, vm);
  }

  /** Records that match among those that one step looks at, and where the step ended. */
  look(query: Query): Look {
    const { vm } = query;
    return this.snapshot(() => (vm === undefined ? this.lookAtJournal(query) : this.lookAtStream(query, vm)));
  }

  /** The heads of one stream or, in order of VM, of those after `after`. */
  streamHead(vm: string): StreamHead {
    return this.snapshot(() => {
      const stream = this.sql.stream.get(vm);
      const head = stream === undefined ? undefined : this.headsOf([stream]).get(stream);
      return { vm, ...(head ?? START) };
    });
  }

  streams(after: string, limit: number): StreamHead[] {
    return this.snapshot(() => {
      const listed = this.sql.streams.all(after, limit);
      const heads = this.headsOf(listed.map(({ stream }) => stream));
      return listed.map(({ stream, vm }) => ({ vm, ...(heads.get(stream) ?? START) }));
    });
  }

  private lookAtJournal(query: Query): Look {
    const { after, limit } = query;
    const upTo = Math.max(after, Math.min(after + STEP, this.head()));
    const records = this.select.run('journal', { above: after, upTo, limit }, query);
    return { records, upTo: upToOf(records, limit, upTo) };
  }

  /** Where the index ends, the rest of the journal is one step: it is never longer than that. */
  private lookAtStream(query: Query, vm: string): Look {
    const { after, limit, afterVersion = 0, upToVersion = Number.MAX_SAFE_INTEGER } = query;
    const head = this.head();
    const stream = this.sql.stream.get(vm);
    if (stream === undefined) return { records: [], upTo: Math.max(after, head) };
    const indexed = indexedUpTo(head);
    if (after >= indexed) {
      const range = { above: afterVersion, upTo: upToVersion, limit, stream, floor: after };
      const records = this.select.run('recent', range, query);
      return { records, upTo: upToOf(records, limit, Math.max(after, head)) };
    }
    const known = this.sql.indexedHead.get(stream)?.version ?? 0;
    const from = this.versionAt(stream, after);
    const to = Math.min(from + STEP, known);
    const range = { above: Math.max(afterVersion, from), upTo: Math.min(upToVersion, to), limit, stream };
    const records = this.select.run('indexed', range, query);
    const reached = to === known ? indexed : (this.sql.positionAt.get(stream, to) ?? indexed);
    return { records, upTo: upToOf(records, limit, reached) };
  }

  private async readJournal(query: Query): Promise<StoredRecord[]> {
    const last = this.head();
    return this.collect(query.limit, query.after, last, (above, upTo, limit) =>
      this.select.run('journal', { above, upTo, limit }, query),
    );
  }

  private async readStream(query: Query, vm: string): Promise<StoredRecord[]> {
    const stream = this.sql.stream.get(vm);
    if (stream === undefined) return [];
    const { version } = this.streamHead(vm);
    const above = Math.max(query.afterVersion ?? 0, this.versionAt(stream, query.after));
    const last = Math.min(query.upToVersion ?? version, version);
    return this.collect(query.limit, above, last, (above, upTo, limit) =>
      this.snapshot(() => {
        const indexed = this.select.run('indexed', { above, upTo, limit, stream }, query);
        const known = this.sql.indexedHead.get(stream)?.version ?? 0;
        if (indexed.length === limit || known >= upTo) return indexed;
        const floor = Math.max(query.after, indexedUpTo(this.head()));
        const range = { above, upTo, limit: limit - indexed.length, stream, floor };
        return [...indexed, ...this.select.run('recent', range, query)];
      }),
    );
  }

  /** Looks at `(above, last]` step by step until there are `limit` records. */
  private async collect(
    limit: number,
    above: number,
    last: number,
    step: (above: number, upTo: number, limit: number) => StoredRecord[],
  ): Promise<StoredRecord[]> {
    const found: StoredRecord[] = [];
    for (let at = above; at < last; at += STEP) {
      if (at > above) await setImmediate();
      found.push(...step(at, Math.min(at + STEP, last), limit - found.length));
      if (found.length >= limit) break;
    }
    return found;
  }

  /** A version of the stream at or before `position`, the greatest that is indexed. */
  private versionAt(stream: number, position: number): number {
    let low = 0;
    let high = position === 0 ? 0 : (this.sql.indexedHead.get(stream)?.version ?? 0);
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.sql.positionAt.get(stream, middle) ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private headsOf(streams: readonly number[]): ReadonlyMap<number, StreamPoint> {
    const recent = this.sql.recentHeads.all(indexedUpTo(this.head()));
    const heads = new Map(recent.map(({ stream, version, position }) => [stream, { version, position }]));
    for (const stream of streams) if (!heads.has(stream)) heads.set(stream, this.sql.indexedHead.get(stream) ?? START);
    return heads;
  }

  private snapshot<Answer>(read: () => Answer): Answer {
    return this.db.inTransaction ? read() : this.db.transaction(read)();
  }
}

const hasTable = (db: Database.Database, name: string): boolean =>
  db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(name) !== undefined;

interface StreamPoint {
  readonly version: number;
  readonly position: number;
}

const START: StreamPoint = { version: 0, position: 0 };
