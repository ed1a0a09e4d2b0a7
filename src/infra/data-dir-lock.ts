import { join } from 'node:path';
import Database from 'better-sqlite3';
import { LOCK_FILE } from './data-dir.js';
import { failureOf } from './journal/sqlite-faults.js';

/** The data directory belongs to another process. */
export class DataDirInUseError extends Error {
  constructor(dataDir: string) {
    super(`another process serves ${dataDir}`);
  }
}

/**
 * Takes a data directory for this process until the answer is called, or the process ends in whatever way: a file lock of
 * the system's, held through SQLite.
 *
 * @throws DataDirInUseError
 */
export function lockDataDir(dataDir: string): () => void {
  const db = new Database(join(dataDir, LOCK_FILE), { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    throw failureOf(error).fault === 'busy' ? new DataDirInUseError(dataDir) : error;
  }
  return () => {
    db.close();
  };
}
