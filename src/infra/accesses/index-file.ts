import Database from 'better-sqlite3';
import { rmSync } from 'node:fs';
import { sqliteCode } from '../journal/sqlite-faults.js';
import { makePrivately } from '../private-file.js';

/**
 * The version of what is in the file, in its header (user_version): it goes up whenever a record leads to other rows than before, and
 * files of another version are made again.
 */
export const INDEX_VERSION = 2;

/** What `until` is while something goes on. */
export const OPEN = Number.MAX_SAFE_INTEGER;

const SCHEMA = `
  -- How far the journal is in the file, and the leaf hash of the record there: another ledger's index is none.
  CREATE TABLE progress (one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER NOT NULL, leaf BLOB NOT NULL) STRICT;

  CREATE TABLE vms (id INTEGER PRIMARY KEY, vm TEXT NOT NULL UNIQUE) STRICT;

  -- Accesses in order of position and, within a record, of n. body: JSON, the rest of the access.
  CREATE TABLE accesses (
    position INTEGER NOT NULL,
    n INTEGER NOT NULL,
    vm TEXT NOT NULL,
    version INTEGER NOT NULL,
    time INTEGER NOT NULL, -- milliseconds since 1970
    actor TEXT NOT NULL,
    type TEXT NOT NULL,
    kind TEXT NOT NULL,
    ret INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (position, n)
  ) STRICT, WITHOUT ROWID;

  -- Accesses by the guest frames of a VM that they touched; in the bin of level -1 all of the VM.
  CREATE TABLE bins (
    vm INTEGER NOT NULL,
    level INTEGER NOT NULL,
    bin INTEGER NOT NULL,
    position INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (vm, level, bin, position, n)
  ) STRICT, WITHOUT ROWID;

  -- Accesses by the pages of a VM's VMM that they set: size bytes from an offset in a page on.
  CREATE TABLE writes (
    vm INTEGER NOT NULL,
    level INTEGER NOT NULL,
    bin INTEGER NOT NULL,
    position INTEGER NOT NULL,
    n INTEGER NOT NULL,
    page INTEGER NOT NULL,
    start INTEGER NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (vm, level, bin, position, n, page, start)
  ) STRICT, WITHOUT ROWID;

  -- Maps of memory: what was there after the records from position since on, up to, not including, position until.
  CREATE TABLE slots (
    vm INTEGER NOT NULL,
    until INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    since INTEGER NOT NULL,
    first_frame INTEGER NOT NULL,
    frames INTEGER NOT NULL,
    first_page INTEGER NOT NULL,
    PRIMARY KEY (vm, until, slot, since)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE borrowed (
    vm INTEGER NOT NULL,
    until INTEGER NOT NULL,
    page INTEGER NOT NULL,
    since INTEGER NOT NULL,
    lender TEXT NOT NULL,
    lender_page INTEGER NOT NULL,
    PRIMARY KEY (vm, until, page, since)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE lent (
    vm INTEGER NOT NULL,
    until INTEGER NOT NULL,
    page INTEGER NOT NULL,
    borrower TEXT NOT NULL,
    borrower_page INTEGER NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (vm, until, page, borrower, borrower_page, since)
  ) STRICT, WITHOUT ROWID;
`;

/** What of the file says that it goes on where another ledger is. */
interface Progress {
  readonly position: number;
  readonly leaf: Uint8Array;
}

/** The leaf hash of a record of the ledger, if there is such a record. */
export type LeafAt = (position: number) => Uint8Array | undefined;

const isOf = ({ position, leaf }: Progress, leafAt: LeafAt): boolean =>
  position === 0 || Buffer.from(leaf).equals(leafAt(position) ?? Buffer.alloc(0));

/** Whether a file has the tables of this version, for this ledger. */
function isGood(db: Database.Database, leafAt: LeafAt): boolean {
  if (db.pragma('user_version', { simple: true }) !== INDEX_VERSION) return false;
  const progress = db.prepare<[], Progress>('SELECT position, leaf FROM progress').get();
  return progress !== undefined && isOf(progress, leafAt);
}

function create(db: Database.Database): void {
  db.transaction(() => {
    db.exec(SCHEMA);
    db.prepare('INSERT INTO progress VALUES (1, 0, ?)').run(Buffer.alloc(0));
    db.pragma(`user_version = ${INDEX_VERSION}`);
  }).immediate();
}

function open(file: string): Database.Database {
  makePrivately(file);
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  // What a power cut takes is made again from the ledger.
  db.pragma('synchronous = NORMAL');
  return db;
}

/** As `open`; undefined if the file cannot be read, or is not the index of this ledger. */
function openGood(file: string, leafAt: LeafAt): Database.Database | undefined {
  let db: Database.Database | undefined;
  try {
    db = open(file);
    if (isGood(db, leafAt)) return db;
  } catch (error) {
    if (sqliteCode(error) === undefined) throw error;
  }
  db?.close();
  return undefined;
}

/**
 * Opens the file of an index to be written by one process. A file that is not there, that cannot be read, that another version made or
 * that is of another ledger is begun anew: all that is in it comes from the ledger.
 */
export function openIndexFile(file: string, leafAt: LeafAt): Database.Database {
  const found = openGood(file, leafAt);
  if (found) return found;
  spoil({ name: file });
  const db = open(file);
  create(db);
  return db;
}

/** Whether an exception says that a file of SQLite's is broken. */
export const isBroken = (error: unknown): boolean => /^SQLITE_(?:CORRUPT|NOTADB)/.test(sqliteCode(error) ?? '');

/** Leaves a file for `openIndexFile` to begin anew; answers true. */
export function spoil({ name }: Pick<Database.Database, 'name'>): true {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${name}${suffix}`, { force: true });
  return true;
}
