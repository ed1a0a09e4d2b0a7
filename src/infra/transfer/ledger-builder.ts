import type Database from 'better-sqlite3';
import { erasureIn } from '../../domain/audit/erasable.js';
import { parseBody } from '../../domain/audit/record.js';
import type { LeftBy, Remains } from '../../domain/audit/remains.js';
import type { CheckpointBody } from '../../domain/audit/tlog/checkpoint.js';
import { leafHashOf, sameBytes } from '../../domain/audit/tlog/merkle.js';
import { TreeBuilder } from '../../domain/audit/tlog/tree-builder.js';
import { type Erased, type SoundRow, storedRow } from '../../domain/audit/verify/stored-record.js';
import { digester } from '../digester.js';
import { Appender } from '../journal/appender.js';
import { openForWriting } from '../journal/connection.js';
import type { BulkData } from '../journal/journal.js';
import { migrate } from '../journal/migrate.js';
import { journalError } from '../journal/sqlite-faults.js';
import { makePrivately } from '../private-file.js';
import type { DraftRow } from '../journal/writer-messages.js';
import { ImportedErasures } from './erasures.js';
import type { Entry } from './export-format.js';

/** A record that cannot be where it is said to be, and why. */
export class RecordError extends Error {
  constructor(
    readonly position: number,
    detail: string,
  ) {
    super(detail);
  }
}

/** Records, and bytes of them and the data beside them, that go in as one transaction. */
const MAX_ROWS = 1024;
const MAX_BYTES = 1 << 24;

/** A record as the journal's writer takes it, cut where its position stands: the same bytes come out again. */
function draftOf(
  { bytes, ...row }: SoundRow,
  data: readonly BulkData[],
  elsewhere: Entry['elsewhere'],
  remains: readonly Remains[] | undefined,
): DraftRow {
  const text = Buffer.from(bytes).toString();
  const digits = String(row.position);
  const at = text.indexOf(digits);
  const { vm, version, time, ret, type, actor, firstFrame, lastFrame } = row;
  const [head, tail] = [text.slice(0, at), text.slice(at + digits.length)];
  const draft = [
    vm,
    version,
    head,
    tail,
    time,
    ret,
    type,
    actor,
    firstFrame,
    lastFrame,
    data,
    undefined,
    0,
    elsewhere,
  ] as const;
  return remains ? [...draft, undefined, { heads: [], pieces: [], answers: [], remains }] : draft;
}

/** Makes a ledger's file of records that were written before, with everything that is derived from them. */
export class LedgerBuilder {
  private readonly db: Database.Database;
  private readonly appender: Appender;
  private readonly tree = new TreeBuilder(digester);
  private rows: DraftRow[] = [];
  private bytes = 0;
  private signed = 0;
  private readonly erasures: ImportedErasures;

  /** @param checkpoints what the records must have the roots of */
  constructor(
    file: string,
    private readonly checkpoints: readonly CheckpointBody[],
  ) {
    makePrivately(file);
    this.db = openForWriting({ file });
    migrate(this.db);
    this.appender = new Appender(this.db);
    this.erasures = new ImportedErasures(this.db);
    this.check();
  }

  /** Records so far. */
  get size(): number {
    return this.tree.size;
  }

  /** Records that are under one of the checkpoints. */
  get signedSize(): number {
    return this.signed;
  }

  root(): Uint8Array {
    return this.tree.root();
  }

  /**
   * Takes the next record.
   *
   * @throws RecordError if it, or one before it, is not sound, or is not under the checkpoint that should cover it
   */
  add({ position, record, leafHash: written, data = [], elsewhere, remains = [] }: Entry): void {
    const leafHash = leafHashOf(record, digester);
    if (!sameBytes(leafHash, written)) throw new RecordError(position, 'the bytes do not have the leaf hash');
    const pieces = data.filter((piece) => 'bytes' in piece);
    const left = remains.map((each) => ({ ...each, position }));
    const erased = this.claimed(record, position, left);
    const row = storedRow(record, pieces, leafHash, erased, digester);
    if (!('bytes' in row)) throw new RecordError(position, row.map(({ detail }) => detail).join('; '));
    if (row.position !== position) throw new RecordError(position, `the record is that of position ${row.position}`);
    this.rows.push(draftOf(row, pieces, elsewhere, this.remainsOf(row)));
    this.bytes += pieces.reduce((sum, { bytes }) => sum + bytes.length, record.length);
    if (this.rows.length >= MAX_ROWS || this.bytes >= MAX_BYTES) this.flush();
    this.tree.push(leafHash);
    this.check();
  }

  /** What erasures made of a record, as it says; that those are there is checked with their records. */
  private claimed(record: Uint8Array, position: number, remains: readonly LeftBy[]): Erased {
    try {
      return remains.length === 0
        ? { covered: false, remains }
        : this.erasures.claim(parseBody(record).vm, position, remains);
    } catch {
      throw new RecordError(position, 'what an erasure left cannot be read');
    }
  }

  /** What an erasure left, for the record of one; or why the record is not that of what was left. */
  private remainsOf({ bytes, position }: SoundRow): readonly Remains[] | undefined {
    const erasure = erasureIn(parseBody(bytes));
    const remains = erasure && this.erasures.settle(erasure);
    if (erasure && remains === undefined) throw new RecordError(position, 'what it left is something else');
    if (this.erasures.missing(position) !== undefined)
      throw new RecordError(position, 'it is not the erasure that left what came before');
    return remains;
  }

  /**
   * Writes what waits, at the end.
   *
   * @throws RecordError also if an erasure is not there of which something is left
   */
  finish(): void {
    const missing = this.erasures.missing(Infinity);
    if (missing !== undefined) throw new RecordError(this.size, `${missing} should be the record of an erasure`);
    this.flush();
  }

  /** Writes what waits. */
  flush(): void {
    const first = this.tree.size - this.rows.length + 1;
    const { refused } = this.appender.commit(this.rows);
    for (const [i, failure] of refused) {
      if (failure.fault === 'conflict') throw new RecordError(first + i, failure.detail);
      throw journalError(failure);
    }
    this.rows = [];
    this.bytes = 0;
  }

  /** Has everything in the one file. */
  close(): void {
    this.db.pragma('wal_checkpoint(TRUNCATE)');
    this.db.close();
  }

  private check(): void {
    for (const { size, root } of this.checkpoints) {
      if (size !== this.size) continue;
      if (!sameBytes(root, this.tree.root()))
        throw new RecordError(size, `the records up to here are not those that were signed`);
      this.signed = size;
    }
  }
}
