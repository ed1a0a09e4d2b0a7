import { Command } from 'commander';
import { copied } from './copied.js';
import { dataDirAt, defaultDataDir } from './ledger-path.js';

interface Options {
  readonly dataDir: string;
  readonly json?: boolean;
}

/** `vmledger backup`: a copy of a data directory, whether it is served or not. */
export const backupCommand = (): Command =>
  new Command('backup')
    .description('copy a data directory as it is now, also while it is served, and verify the copy')
    .argument('<folder>', 'where to; there must be nothing in it')
    .option('-d, --data-dir <folder>', 'the data directory', defaultDataDir())
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      "\nThe copy holds the log's private key and the content of guest memory: keep it secret.\nExit codes: 0 done, 1 the ledger is not sound, 2 not done",
    )
    .action(async (to: string, { dataDir, json }: Options) => {
      await copied({ from: dataDirAt(dataDir), to, log: true }, { json });
    });
