import type Database from 'better-sqlite3';
import type { LeftBy } from '../../domain/audit/remains.js';
import type { BulkData } from '../journal/journal.js';

/** A guest frame of another VM that the record at a position touched. */
interface ElsewhereRow {
  readonly position: number;
  readonly vm: string;
  readonly frame: number;
}

/** A record with all that stands beside it. */
export interface ExportRow {
  readonly position: number;
  readonly bytes: Uint8Array;
  readonly data: readonly BulkData[];
  readonly elsewhere: readonly ElsewhereRow[];
  readonly remains: readonly LeftBy[];
}

/** Records that are read in one go. */
const PAGE = 256;

/** The schema versions from which on a ledger has the tables touched_elsewhere and erased. */
const ELSEWHERE_SINCE = 2;
const ERASED_SINCE = 6;

/** The records up to a position, in order, in the memory of a page of records and the data of one. */
export function* exportRows(db: Database.Database, version: number, head: number): Generator<ExportRow> {
  const records = db.prepare<[number, number], Pick<ExportRow, 'position' | 'bytes'>>(
    'SELECT position, bytes FROM records WHERE position > ? AND position <= ? ORDER BY position',
  );
  const data = db.prepare<[number], BulkData>('SELECT role, salt, bytes FROM bulk WHERE position = ? ORDER BY role');
  const remains =
    version < ERASED_SINCE
      ? undefined
      : db.prepare<[number], LeftBy>(
          'SELECT position, erasure, vm, remains AS text FROM erased WHERE position = ? ORDER BY erasure, vm',
        );
  const elsewhere = elsewhereIn(db, version);
  try {
    let touched = elsewhere.next();
    for (let at = 0; at < head; at += PAGE)
      for (const { position, bytes } of records.all(at, Math.min(at + PAGE, head))) {
        const there: ElsewhereRow[] = [];
        for (; !touched.done && touched.value.position <= position; touched = elsewhere.next())
          if (touched.value.position === position) there.push(touched.value);
        yield { position, bytes, data: data.all(position), elsewhere: there, remains: remains?.all(position) ?? [] };
      }
  } finally {
    elsewhere.return?.();
  }
}

/** The whole table in order of position. */
const elsewhereIn = (db: Database.Database, version: number): Iterator<ElsewhereRow> =>
  version < ELSEWHERE_SINCE
    ? [][Symbol.iterator]()
    : db
        .prepare<[], ElsewhereRow>('SELECT position, vm, frame FROM touched_elsewhere ORDER BY position, vm, frame')
        .iterate();
