import { Command } from 'commander';
import { importLedger } from '../../infra/transfer/import-ledger.js';
import { LineError } from '../../infra/transfer/lines.js';
import { EXIT } from './exit-codes.js';
import { interruptible } from './interruptible.js';
import { defaultDataDir } from './ledger-path.js';
import { logKeyFrom } from './log-key.js';
import { Progress } from './progress.js';
import { readBytes } from './transfer-file.js';

interface Options {
  readonly dataDir: string;
  readonly key?: string;
  readonly json?: boolean;
}

/** `vmledger import`: a ledger of what `vmledger export` wrote, the same to the last bit of every record. */
export const importCommand = (): Command =>
  new Command('import')
    .description('make the ledger of an export in an empty data directory, and check every line of it')
    .argument('<file>', 'what was exported; unpacked if it ends in .gz; - for standard input')
    .option('-d, --data-dir <folder>', 'the data directory, empty or absent', defaultDataDir())
    .option('-k, --key <vkey>', 'the log that must have signed it')
    .option('--json', 'answer in JSON')
    .addHelpText('after', '\nExit codes: 0 imported whole, 1 the export is not what was written, 2 cannot import')
    .action(async (name: string, { dataDir, key: text, json }: Options) => {
      const progress = new Progress('import');
      const key = logKeyFrom(text);
      try {
        const report = await interruptible((signal) =>
          importLedger({ dataDir, from: readBytes(name), ...(key && { key }), progress: progress.step, signal }),
        ).finally(() => progress.end());
        const { records, root, signed } = report;
        const said = `${dataDir}: ${records} records imported, ${signed} of them signed\nroot ${root}\n`;
        process.stdout.write(json ? `${JSON.stringify(report)}\n` : said);
      } catch (error) {
        if (!(error instanceof LineError)) throw error;
        process.stderr.write(`vmledger: ${name}: ${error.message}\n`);
        process.exitCode = EXIT.wrong;
      }
    });
