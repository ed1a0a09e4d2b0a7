import { Command } from 'commander';
import { copied } from './copied.js';
import { dataDirAt } from './ledger-path.js';
import { logKeyFrom } from './log-key.js';
import { collect } from './verify.js';

interface Options {
  readonly checkpoint: readonly string[];
  readonly key?: string;
  readonly newLog?: boolean;
  readonly json?: boolean;
}

/** `vmledger restore`: a data directory from a backup. */
export const restoreCommand = (): Command =>
  new Command('restore')
    .description('make a data directory of a backup, and verify it')
    .argument('<backup>', 'what `vmledger backup` made')
    .argument('<folder>', 'the data directory that is to be; there must be nothing in it')
    .option('-c, --checkpoint <file>', 'a checkpoint that was kept elsewhere; may be given more than once', collect, [])
    .option('-k, --key <vkey>', "whom to believe, instead of the backup's own log/vkey")
    .option('--new-log', 'begin a log under a new key, since records that the old one signed are lost')
    .option('--json', 'answer in JSON')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 the backup is not sound, or lacks what a checkpoint signed, 2 not done',
    )
    .action(async (from: string, to: string, { checkpoint, key, newLog = false, json }: Options) => {
      await copied(
        { from: dataDirAt(from), to, log: !newLog, checkpoints: checkpoint, key: logKeyFrom(key) },
        { json },
      );
    });
