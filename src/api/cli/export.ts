import { Command } from 'commander';
import { exportLines } from '../../infra/transfer/export-ledger.js';
import { trustedCheckpoints } from '../../infra/verify/trusted-checkpoints.js';
import { interruptible } from './interruptible.js';
import { defaultDataDir, ledgerAt } from './ledger-path.js';
import { Progress } from './progress.js';
import { writeLines } from './transfer-file.js';

/** `vmledger export`: everything that a journal holds, as one file that any ledger can be made of again. */
export const exportCommand = (): Command =>
  new Command('export')
    .description('write the whole journal, the data beside it, and what was signed of it, as JSON Lines')
    .argument('<file>', 'where to; compressed if it ends in .gz; - for standard output')
    .option('-d, --data-dir <folder>', 'the data directory', defaultDataDir())
    .addHelpText('after', '\nExit codes: 0 written whole, 2 not written')
    .action(async (name: string, options: { readonly dataDir: string }) => {
      const { file, dataDir } = ledgerAt(options.dataDir);
      const { checkpoints, flaws } = await trustedCheckpoints(dataDir, []);
      for (const { detail } of flaws) throw new Error(detail);
      const progress = new Progress('export');
      const lines = exportLines({ file, checkpoints, progress: progress.step });
      await interruptible((signal) => writeLines(name, lines, signal)).finally(() => progress.end());
    });
