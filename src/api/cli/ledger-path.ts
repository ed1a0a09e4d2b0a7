import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LEDGER_FILE } from '../../infra/data-dir.js';
import { openForReading } from '../../infra/journal/connection.js';
import { sqliteCode } from '../../infra/journal/sqlite-faults.js';

/** A ledger and the data directory that it is in. */
export interface LedgerPath {
  readonly file: string;
  readonly dataDir: string;
}

/** Where the data directory is if nobody says: as for the service. */
export const defaultDataDir = (): string => process.env['DATA_DIR'] || './data';

/** What SQLite answers where it can't have the files that it keeps beside a ledger, or may not read this one. */
const SHUT: readonly (string | undefined)[] = ['SQLITE_READONLY_DIRECTORY', 'SQLITE_CANTOPEN'];

/** @throws if SQLite cannot open a ledger where it is, which says nothing of what is in it */
function assertOpens(file: string): void {
  try {
    const db = openForReading({ file });
    try {
      db.pragma('schema_version');
    } finally {
      db.close();
    }
  } catch (error) {
    if (SHUT.includes(sqliteCode(error)))
      throw new Error(
        `${file} cannot be opened where it is: you may not read it, or SQLite cannot have its files beside it. Copy it, with its -wal if there is one, to a folder that can be written to`,
      );
  }
}

/**
 * The ledger that a path names: a data directory, or a ledger's file.
 *
 * @throws if there is no such file, or it cannot be opened
 */
export function ledgerAt(path: string): LedgerPath {
  const found = statSync(path, { throwIfNoEntry: false });
  const ledger = found?.isDirectory()
    ? { file: join(path, LEDGER_FILE), dataDir: path }
    : { file: path, dataDir: dirname(path) };
  if (!statSync(ledger.file, { throwIfNoEntry: false })?.isFile()) throw new Error(`there is no ledger at ${path}`);
  assertOpens(ledger.file);
  return ledger;
}

/**
 * The data directory that a path names: itself, or that of the ledger's file.
 *
 * @throws if it is none, or its ledger cannot be opened
 */
export function dataDirAt(path: string): string {
  const { file, dataDir } = ledgerAt(path);
  if (file !== join(dataDir, LEDGER_FILE)) throw new Error(`${path} is no data directory`);
  return dataDir;
}
