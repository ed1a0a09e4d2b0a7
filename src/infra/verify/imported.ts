import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { IMPORTED_FOLDER } from '../data-dir.js';

/** The folders of the checkpoints that a ledger was imported with. */
export function importedFolders(dataDir: string): string[] {
  const folder = join(dataDir, IMPORTED_FOLDER);
  return existsSync(folder)
    ? readdirSync(folder)
        .sort()
        .map((name) => join(folder, name))
    : [];
}
