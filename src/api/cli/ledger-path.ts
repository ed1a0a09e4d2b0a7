import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LEDGER_FILE } from '../../infra/service.js';

/** A ledger and the data directory that it is in. */
export interface LedgerPath {
  readonly file: string;
  readonly dataDir: string;
}

/** Where the data directory is if nobody says: as for the service. */
export const defaultDataDir = (): string => process.env['DATA_DIR'] || './data';

/**
 * The ledger that a path names: a data directory, or a ledger's file.
 *
 * @throws if there is no such file
 */
export function ledgerAt(path: string): LedgerPath {
  const found = statSync(path, { throwIfNoEntry: false });
  const ledger = found?.isDirectory()
    ? { file: join(path, LEDGER_FILE), dataDir: path }
    : { file: path, dataDir: dirname(path) };
  if (!statSync(ledger.file, { throwIfNoEntry: false })?.isFile()) throw new Error(`there is no ledger at ${path}`);
  return ledger;
}
