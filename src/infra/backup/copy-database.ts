import { open } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { openForReading } from '../journal/connection.js';

/** Pages that are copied in one go. */
const PAGES = 256;

/** Told now and then how much is done. */
export type Progress = (done: number, total: number) => void;

/**
 * Copies a SQLite file as it is at one moment, whoever writes to it meanwhile; no writer waits for it. The copy is one file
 * without a log beside it, on the disk when this settles.
 *
 * @param mode of the copy
 * @throws SQLite's own errors
 */
export async function copyDatabase(from: string, to: string, mode: number, progress?: Progress): Promise<void> {
  await (await open(to, 'wx', mode)).close();
  const source = openForReading({ file: from });
  try {
    // A read transaction: without one, each commit of others would make the copy begin anew.
    source.exec('BEGIN');
    source.pragma('user_version');
    await source.backup(to, {
      progress: ({ totalPages, remainingPages }) => {
        progress?.(totalPages - remainingPages, totalPages);
        return PAGES;
      },
    });
  } finally {
    source.close();
  }
  const copy = new Database(to);
  try {
    copy.pragma('journal_mode = DELETE');
  } finally {
    copy.close();
  }
  const file = await open(to, 'r');
  await file.sync().finally(() => file.close());
}
