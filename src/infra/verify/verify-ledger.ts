import type Database from 'better-sqlite3';
import type { CheckpointBody } from '../../domain/audit/tlog/checkpoint.js';
import { leafHashOf, sameBytes } from '../../domain/audit/tlog/merkle.js';
import { entriesBelow } from '../../domain/audit/tlog/tile.js';
import { TreeBuilder } from '../../domain/audit/tlog/tree-builder.js';
import type { Flaw, FlawKind } from '../../domain/audit/verify/flaw.js';
import { flawsOf } from '../../domain/audit/verify/stored-record.js';
import { base64 } from '../../domain/json.js';
import { digester } from '../digester.js';
import { openForReading } from '../journal/connection.js';
import { coveredBy, indexedUpTo } from '../journal/stream-index.js';
import { Erasures } from './erasures.js';
import { headerFlaws } from './file-header.js';
import { newestVersion, schemaFlaws } from './schema.js';
import { type BulkRow, type Row, statementsOf } from './statements.js';
import { StreamHeads } from './stream-heads.js';

/** What is to be verified, and against what. */
export interface VerifyOptions {
  readonly file: string;
  /** Checkpoints whose signatures are known to be right. */
  readonly checkpoints?: readonly CheckpointBody[];
  /** Flaws after which it ends; 20 if absent. */
  readonly most?: number;
  /** Told now and then how many of the records are done. */
  readonly progress?: (done: number, total: number) => void;
}

/** What a verification found. */
export interface VerifyReport {
  readonly records: number;
  /** The root of the tree over the records' bytes, in base64 as checkpoints have it. */
  readonly root: string;
  /** Records that are under one of the checkpoints. */
  readonly signed: number;
  /** In the order in which they were found: of records, by position. */
  readonly flaws: readonly Flaw[];
}

/** Records between two reports of progress. */
const STRIDE = 1024;

/** So many flaws were found that looking for more tells nothing new. */
class Enough extends Error {}

/**
 * Verifies a ledger that no service need be serving, without writing to it: every record, the data beside it, everything
 * that is derived from it to find it by, the tree, and that what was signed is what is there. What it takes of memory does
 * not grow with the ledger.
 */
export function verifyLedger(options: VerifyOptions): VerifyReport {
  return new Verification(options).run();
}

class Verification {
  private readonly flaws: Flaw[] = [];
  private readonly most: number;
  private readonly checkpoints: readonly CheckpointBody[];
  private readonly heads = new StreamHeads();
  private readonly tree = new TreeBuilder(digester, (level, index, _hashes, hash) => this.node(level, index, hash));
  private sql!: ReturnType<typeof statementsOf>;
  private erasures = new Erasures([]);
  /** The position that is looked at. */
  private at = 0;
  /** The last position that stream_index has. */
  private indexed = 0;
  private streams = 0;
  private nodes = 0;
  private signed = 0;

  constructor(private readonly options: VerifyOptions) {
    this.most = options.most ?? 20;
    this.checkpoints = [...(options.checkpoints ?? [])].sort((a, b) => a.size - b.size);
  }

  run(): VerifyReport {
    try {
      for (const detail of headerFlaws(this.options.file))
        this.add('file', `the header has something else for ${detail}`);
      const db = openForReading({ file: this.options.file });
      try {
        db.transaction(() => this.database(db))();
      } finally {
        db.close();
      }
    } catch (error) {
      if (!(error instanceof Enough)) this.broken(error);
    } finally {
      this.heads.close();
    }
    return { records: this.tree.size, root: base64(this.tree.root()), signed: this.signed, flaws: this.flaws };
  }

  private database(db: Database.Database): void {
    const version = Number(db.pragma('user_version', { simple: true }));
    if (version < 1 || version > newestVersion()) {
      this.add('schema', `schema version ${version} is not one of 1 to ${newestVersion()}`);
      return;
    }
    for (const name of schemaFlaws(db, version)) this.add('schema', name);
    this.sql = statementsOf(db, version);
    this.check(0);
    const head = this.sql.head.get() ?? 0;
    this.indexed = coveredBy(this.sql.indexSize.get() ?? 0);
    this.erasures = new Erasures(this.sql.erasures.iterate());
    const bulk = this.sql.bulk.iterate();
    try {
      this.records(bulk, head);
    } finally {
      bulk.return?.();
    }
    this.rest(head);
  }

  /** Goes through the records, and through the data beside them at the same time. */
  private records(bulk: IterableIterator<BulkRow>, head: number): void {
    let piece = next(bulk);
    for (const row of this.sql.records.iterate()) {
      while (piece && piece.position < row.position) piece = this.orphan(piece, bulk);
      const pieces: BulkRow[] = [];
      for (; piece?.position === row.position; piece = next(bulk)) pieces.push(piece);
      this.record(row, pieces);
      if (row.position % STRIDE === 0) this.options.progress?.(row.position, head);
    }
    while (piece) piece = this.orphan(piece, bulk);
  }

  private record(row: Row, pieces: readonly BulkRow[]): void {
    const expected = this.at + 1;
    if (row.position !== expected) this.add('order', `the next record is that of ${row.position}`, expected);
    this.at = row.position;
    const leafHash = leafHashOf(row.bytes, digester);
    const remains = this.sql.remains?.all(row.position) ?? [];
    const erased = this.erasures.of({ vm: row.vm ?? '', position: row.position }, remains);
    for (const { what, detail } of flawsOf(row, pieces, leafHash, erased, digester))
      this.add(what, detail, row.position);
    this.stream(row);
    this.tree.push(leafHash);
    this.check(row.position);
  }

  /** A stream's versions have no gap, its number says when it began, and the index knows where its records are. */
  private stream({ stream, version, position }: Row): void {
    const last = this.heads.get(stream);
    if (version !== last + 1) this.add('order', `version ${version} of its VM comes after version ${last}`, position);
    if (last === 0 && stream !== ++this.streams) this.add('index', `stream ${stream} begins`, position);
    this.heads.set(stream, version);
    const indexed = position <= this.indexed ? this.sql.indexed.get(stream, version) : position;
    if (indexed !== position) this.add('index', `stream_index has ${indexed ?? 'nothing'} for it`, position);
  }

  /** A hash of the tree as the records have it. */
  private node(level: number, index: number, hash: Uint8Array): void {
    if (this.sql.node === undefined) return;
    this.nodes++;
    const kept = this.sql.node.get(level + 1, index);
    if (kept && sameBytes(kept, hash)) return;
    const below = entriesBelow(level + 1);
    const detail = `the hash of level ${level + 1}, index ${index} ${kept ? 'is another' : 'is missing'}`;
    this.add('tree', detail, index * below + 1, (index + 1) * below);
  }

  /** Whether the tree is that of every checkpoint of its size. */
  private check(size: number): void {
    for (const checkpoint of this.checkpoints) {
      if (checkpoint.size !== size) continue;
      if (sameBytes(checkpoint.root, this.tree.root())) this.signed = size;
      else this.add('checkpoint', `the first ${size} records are not those that were signed`, this.signed + 1, size);
    }
  }

  /** What there is too much or too little of. */
  private rest(head: number): void {
    const { sql } = this;
    const extra = (table: string, found: number | undefined, wanted: number): void => {
      if (found !== wanted) this.add('index', `${table} has ${found ?? 0} rows, not ${wanted}`);
    };
    extra('streams', sql.streams.get(), this.streams);
    extra('stream_index', sql.indexSize.get(), indexedUpTo(head));
    if (sql.treeSize) extra('tree', sql.treeSize.get(), this.nodes);
    if (sql.remainsSize) extra('erased', sql.remainsSize.get(), this.erasures.seen);
    for (const { what, detail, position, upTo } of this.erasures.flaws(head)) this.add(what, detail, position, upTo);
    for (const { vm, position } of sql.strays?.iterate() ?? [])
      this.add('index', `touched_elsewhere has it for ${vm}`, position);
    for (const { vm, position } of sql.erasedStrays?.iterate() ?? [])
      this.add('index', `erasures is wrong for ${vm}`, position);
    const last = this.checkpoints.at(-1);
    if (last && last.size > head) this.add('checkpoint', `${last.size} records were signed`, head + 1, last.size);
    for (const problem of sql.integrity.all()) if (problem !== 'ok') this.add('file', problem);
  }

  private orphan({ position, role }: BulkRow, bulk: IterableIterator<BulkRow>): BulkRow | undefined {
    this.add('data', `there is no record that ${role} belongs to`, position);
    return next(bulk);
  }

  /** An exception of SQLite, or what bytes that mean nothing lead to, where they were being read. */
  private broken(error: unknown): void {
    const detail = error instanceof Error ? error.message : String(error);
    this.flaws.push({ what: 'file', detail, position: this.at + 1 });
  }

  private add(what: FlawKind, detail: string, position?: number, upTo?: number): void {
    const place = position === undefined ? {} : { position, ...(upTo !== undefined && upTo > position && { upTo }) };
    this.flaws.push({ what, detail, ...place });
    if (this.flaws.length >= this.most) throw new Enough();
  }
}

function next<Value>(values: Iterator<Value>): Value | undefined {
  const { value, done } = values.next() as IteratorResult<Value, undefined>;
  return done ? undefined : value;
}
