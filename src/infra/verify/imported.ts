import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The folder in a data directory with what was signed of its ledger before it was imported: evidence, a folder a checkpoint. */
export const IMPORTED_FOLDER = 'imported';

/** The folders of the checkpoints that a ledger was imported with. */
export function importedFolders(dataDir: string): string[] {
  const folder = join(dataDir, IMPORTED_FOLDER);
  return existsSync(folder)
    ? readdirSync(folder)
        .sort()
        .map((name) => join(folder, name))
    : [];
}
