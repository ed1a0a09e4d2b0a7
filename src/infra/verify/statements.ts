import type Database from 'better-sqlite3';
import type { StoredBulk, StoredRow } from '../../domain/audit/verify/stored-record.js';

export interface Row extends StoredRow {
  readonly stream: number;
}

export interface BulkRow extends StoredBulk {
  readonly position: number;
}

/** What a verification asks of a ledger; `hasTree` from schema version 2 on. */
export const statementsOf = (db: Database.Database, hasTree: boolean) => {
  const count = (table: string) => db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck();
  return {
    head: db.prepare<[], number>('SELECT ifnull(max(position), 0) FROM records').pluck(),
    records: db.prepare<[], Row>(
      `SELECT position, stream, vm, version, time, ret, type, actor, first_frame AS firstFrame,
         last_frame AS lastFrame, leaf_hash AS leafHash, bytes
       FROM records LEFT JOIN streams USING (stream) ORDER BY position`,
    ),
    bulk: db.prepare<[], BulkRow>('SELECT position, role, salt, bytes FROM bulk ORDER BY position, role'),
    indexed: db
      .prepare<[number, number], number>('SELECT position FROM stream_index WHERE stream = ? AND version = ?')
      .pluck(),
    streams: count('streams'),
    indexSize: count('stream_index'),
    node: hasTree
      ? db.prepare<[number, number], Buffer>('SELECT hash FROM tree WHERE level = ? AND idx = ?').pluck()
      : undefined,
    treeSize: hasTree ? count('tree') : undefined,
    integrity: db.prepare<[], string>('PRAGMA integrity_check(10)').pluck(),
  };
};
