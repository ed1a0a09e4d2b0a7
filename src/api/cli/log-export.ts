import { Command } from 'commander';
import { join } from 'node:path';
import { parseCheckpoint } from '../../domain/audit/tlog/checkpoint.js';
import { exportLog } from '../../infra/audit/export-log.js';
import { CHECKPOINT_FILE, LOG_FOLDER } from '../../infra/audit/transparency-log.js';
import { readIfThere } from '../../infra/durable-file.js';
import { defaultDataDir, ledgerAt } from './ledger-path.js';
import { logKeyOf } from './log-key.js';
import { Progress } from './progress.js';

/** `vmledger log export`: the log as files that any web server can serve. */
export const logExportCommand = (): Command =>
  new Command('export')
    .description('write the log up to its newest checkpoint as a folder of files (C2SP tlog-tiles)')
    .argument('<folder>', 'where to; made if absent')
    .option('-d, --data-dir <folder>', 'the data directory', defaultDataDir())
    .action(async (folder: string, { dataDir }: { readonly dataDir: string }) => {
      const { file } = ledgerAt(dataDir);
      const path = join(dataDir, LOG_FOLDER, CHECKPOINT_FILE);
      const checkpoint = parseCheckpoint((await readIfThere(path)) ?? '');
      if (checkpoint === undefined) throw new Error(`there is no checkpoint at ${path}: start the service once`);
      const progress = new Progress('export');
      await exportLog({ file, folder, checkpoint, key: await logKeyOf(dataDir), progress: progress.step });
      progress.end();
      process.stdout.write(`${folder}: ${checkpoint.size} records of ${checkpoint.origin}\n`);
    });
