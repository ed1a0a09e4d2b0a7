import type Database from 'better-sqlite3';
import { sqliteBusy } from './sqlite-faults.js';
import type { Erase } from './journal.js';

/** What removes data in the transaction that just inserted the record of a VM's erasure. */
export function eraser(db: Database.Database): (vm: string, erasure: number, erase: Erase) => void {
  const sql = {
    remains: db.prepare('INSERT INTO erased VALUES (?, ?, ?, ?)'),
    piece: db.prepare('DELETE FROM bulk WHERE position = ? AND role = ?'),
    snapshots: db.prepare('DELETE FROM snapshots WHERE vm = ?'),
    nodes: db.prepare('DELETE FROM nodes WHERE vm = ?'),
    erasure: db.prepare('INSERT INTO erasures VALUES (?, ?)'),
    answered: db.prepare<[], { readonly id: number; readonly position: number }>(
      'SELECT id, position FROM answers WHERE position IS NOT NULL',
    ),
    answer: db.prepare(
      "UPDATE answers SET erasure = ?, status = 410, headers = '{}', body = x'', hole = NULL WHERE id = ?",
    ),
  };
  return (erased, erasure, { pieces, remains, answers }) => {
    for (const { position, vm, text } of remains) sql.remains.run(position, erasure, vm, text);
    for (const { position, role } of pieces) sql.piece.run(position, role);
    for (const vm of new Set([erased, ...remains.map((each) => each.vm)])) {
      sql.snapshots.run(vm);
      sql.nodes.run(vm);
      sql.erasure.run(vm, erasure);
    }
    const positions = new Set(answers);
    for (const { id, position } of sql.answered.all()) if (positions.has(position)) sql.answer.run(erasure, id);
  };
}

/** Whether there was an erasure in a file that a migrated schema has. */
export const hasErasures = (db: Database.Database): boolean =>
  db.prepare('SELECT 1 FROM erasures LIMIT 1').get() !== undefined;

/**
 * Empties the write-ahead log into the file, and rewrites a file in whose free space older releases may have left data: after
 * that only what is in the tables is in the files. Not part of a transaction.
 *
 * @throws SQLITE_BUSY while somebody reads what was there before
 */
export function sweep(db: Database.Database): void {
  const timeout = Number(db.pragma('busy_timeout', { simple: true }));
  db.pragma('busy_timeout = 0');
  try {
    if (db.prepare('SELECT 1 FROM unswept').get() !== undefined) {
      db.exec('VACUUM');
      db.exec('DELETE FROM unswept');
    }
    const [done] = db.pragma('wal_checkpoint(TRUNCATE)') as { readonly busy: number }[];
    if (done?.busy !== 0) throw sqliteBusy('the write-ahead log is being read');
  } finally {
    db.pragma(`busy_timeout = ${timeout}`);
  }
}
