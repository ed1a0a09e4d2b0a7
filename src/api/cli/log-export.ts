import { Command } from 'commander';
import { join } from 'node:path';
import { NO_WITNESSES } from '../../domain/audit/tlog/policy.js';
import { publishedCheckpoint } from '../../infra/audit/checkpoint-files.js';
import { exportLog } from '../../infra/audit/export-log.js';
import { readPolicy } from '../../infra/audit/policy-file.js';
import { dataDirAt, defaultDataDir } from './ledger-path.js';
import { logKeyOf } from './log-key.js';
import { Progress } from './progress.js';
import { LEDGER_FILE } from '../../infra/data-dir.js';

interface Options {
  readonly dataDir: string;
  readonly witnessPolicy?: string;
}

/** `vmledger log export`: the log as files that any web server can serve. */
export const logExportCommand = (): Command =>
  new Command('export')
    .description('write the log up to the checkpoint that is published as a folder of files (C2SP tlog-tiles)')
    .argument('<folder>', 'where to; made if absent')
    .option('-d, --data-dir <folder>', 'the data directory', defaultDataDir())
    .option(
      '-w, --witness-policy <file>',
      'who must have cosigned the checkpoint, as for the service',
      process.env['WITNESS_POLICY'] || undefined,
    )
    .action(async (folder: string, options: Options) => {
      const { witnessPolicy } = options;
      const dataDir = dataDirAt(options.dataDir);
      const key = await logKeyOf(dataDir);
      const policy = witnessPolicy === undefined ? NO_WITNESSES : await readPolicy(witnessPolicy);
      const checkpoint = await publishedCheckpoint(dataDir, key, policy);
      if (checkpoint === undefined)
        throw new Error(
          witnessPolicy === undefined
            ? `there is no checkpoint in ${dataDir}: start the service once`
            : `there is no checkpoint in ${dataDir} that enough witnesses cosigned`,
        );
      const progress = new Progress('export');
      await exportLog({ file: join(dataDir, LEDGER_FILE), folder, checkpoint, key, progress: progress.step }).finally(
        () => progress.end(),
      );
      process.stdout.write(`${folder}: ${checkpoint.size} records of ${checkpoint.origin}\n`);
    });
