import Database from 'better-sqlite3';

/** How a journal's file is opened. */
export interface SqliteOptions {
  readonly file: string;
  /** How long a write waits for another process to let go of the file, in milliseconds; 5000 if not given. */
  readonly busyTimeout?: number;
  /** The most pages of 4096 bytes that the file may have; appends beyond fail with `full`. No limit if not given. */
  readonly maxPages?: number;
}

/** What a connection must answer for a commit to be on the disk when it returns (sqlite.org/pragma.html). */
export const DURABLE = { journal_mode: 'wal', synchronous: 2 } as const;

/** @throws Error unless the connection syncs the write-ahead log at every commit */
export function assertDurable(db: Database.Database): void {
  for (const [pragma, wanted] of Object.entries(DURABLE)) {
    const found = db.pragma(pragma, { simple: true });
    if (found !== wanted) throw new Error(`${pragma} is ${String(found)}, not ${wanted}`);
  }
}

/** The one connection that writes. */
export function openForWriting({ file, busyTimeout = 5000, maxPages }: SqliteOptions): Database.Database {
  const db = new Database(file, { timeout: busyTimeout });
  try {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    // What is deleted is overwritten, also where rows only move.
    db.pragma('secure_delete = ON');
    if (maxPages !== undefined) db.pragma(`max_page_count = ${maxPages}`);
    assertDurable(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A connection that cannot write; the file exists already. */
export const openForReading = ({ file, busyTimeout = 5000 }: SqliteOptions): Database.Database =>
  new Database(file, { readonly: true, fileMustExist: true, timeout: busyTimeout });
