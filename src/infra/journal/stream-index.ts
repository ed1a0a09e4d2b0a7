import type Database from 'better-sqlite3';

/** Records between two updates of the table stream_index. */
const STRIDE = 1024;

/** The last position that stream_index covers when the journal's last is `head`; what follows is found by scanning. */
export const indexedUpTo = (head: number): number => head - (head % STRIDE);

/** The last position that an index of so many rows covers, even if a few of them are missing or too many. */
export const coveredBy = (rows: number): number => Math.round(rows / STRIDE) * STRIDE;

/** What brings stream_index up to date in the transaction that appended the records after `before`. */
export function streamIndexer(db: Database.Database): (before: number, head: number) => void {
  const extend = db.prepare<[from: number, to: number]>(
    `INSERT INTO stream_index SELECT stream, version, position FROM records
     WHERE position > ? AND position <= ? ORDER BY stream, version`,
  );
  return (before, head) => {
    const from = indexedUpTo(before);
    const to = indexedUpTo(head);
    if (to > from) extend.run(from, to);
  };
}
