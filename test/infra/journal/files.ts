import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SqliteOptions } from '../../../src/infra/journal/connection.js';
import { type SqliteLedger, openSqliteJournal } from '../../../src/infra/journal/sqlite-journal.js';

/** New file names, each in a folder of its own that is gone after the test; call it once a test file. */
export function temporaryFiles(): () => string {
  const folders: string[] = [];
  afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));
  return () => {
    const folder = mkdtempSync(join(tmpdir(), 'vmledger-'));
    folders.push(folder);
    return join(folder, 'ledger.sqlite');
  };
}

/** Opens journals that are closed after the test, in new files unless one is given; call it once a test file. */
export function temporaryLedgers(): (options?: Partial<SqliteOptions>) => Promise<SqliteLedger> {
  const opened: SqliteLedger[] = [];
  afterEach(() => Promise.all(opened.splice(0).map(({ journal }) => journal.close())));
  const newFile = temporaryFiles();
  return async (options = {}) => {
    const ledger = await openSqliteJournal({ file: newFile(), ...options });
    opened.push(ledger);
    return ledger;
  };
}
