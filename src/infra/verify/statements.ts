import type Database from 'better-sqlite3';
import type { Candidate } from './erasures.js';
import type { LeftBy } from '../../domain/audit/remains.js';
import type { StoredBulk, StoredRow } from '../../domain/audit/verify/stored-record.js';

export interface Row extends StoredRow {
  readonly stream: number;
}

export interface BulkRow extends StoredBulk {
  readonly position: number;
}

/** The schema versions from which on a ledger has these tables. */
const SINCE = { touched_elsewhere: 2, tree: 3, erased: 6 } as const;

/** What a verification asks of a ledger of a schema version. */
export const statementsOf = (db: Database.Database, version: number) => {
  const hasTree = version >= SINCE.tree;
  const hasErased = version >= SINCE.erased;
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
    strays:
      version >= SINCE.touched_elsewhere
        ? db.prepare<[], { readonly vm: string; readonly position: number }>(
            `SELECT t.vm, t.position FROM touched_elsewhere AS t
             LEFT JOIN records AS r USING (position) LEFT JOIN streams AS s ON s.stream = r.stream
             WHERE r.position IS NULL OR s.vm = t.vm OR t.vm NOT IN (SELECT vm FROM streams) OR t.frame < 0
             ORDER BY t.position`,
          )
        : undefined,
    /** Records that may be those of erasures: a column says so, or what they left. */
    erasures: db.prepare<[], Candidate>(
      `SELECT leaf_hash AS leafHash, bytes FROM records WHERE type = 'erase_memory'
       ${hasErased ? 'OR position IN (SELECT erasure FROM erased)' : ''}`,
    ),
    remains: hasErased
      ? db.prepare<[number], LeftBy>(
          'SELECT position, erasure, vm, remains AS text FROM erased WHERE position = ? ORDER BY erasure, vm',
        )
      : undefined,
    remainsSize: hasErased ? count('erased') : undefined,
    /** VMs that erasures took from, as what they left and their records say, in the one place and not in the other. */
    erasedStrays: hasErased
      ? db.prepare<[], { readonly vm: string; readonly position: number }>(
          `WITH taken AS (SELECT vm, erasure AS position FROM erased
             UNION SELECT vm, position FROM records JOIN streams USING (stream) WHERE type = 'erase_memory')
           SELECT * FROM (SELECT * FROM taken EXCEPT SELECT vm, position FROM erasures)
           UNION ALL SELECT * FROM (SELECT vm, position FROM erasures EXCEPT SELECT * FROM taken)`,
        )
      : undefined,
    integrity: db.prepare<[], string>('PRAGMA integrity_check(10)').pluck(),
  };
};
