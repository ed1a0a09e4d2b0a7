import { Command } from 'commander';
import { lastValueFrom, tap } from 'rxjs';
import { readSqliteJournal } from '../../infra/journal/sqlite-journal.js';
import { History } from '../../infra/machines/history.js';
import { type Replay, Replays } from '../../infra/replays.js';
import { world } from '../../infra/world.js';
import { EXIT } from './exit-codes.js';
import { defaultDataDir, ledgerAt } from './ledger-path.js';
import { Progress } from './progress.js';

interface Options {
  readonly vm?: string;
  readonly json?: boolean;
}

/** What is answered: as JSON it is this. */
interface Outcome extends Pick<Replay, 'vm' | 'checked' | 'total' | 'erased' | 'divergences'> {
  readonly file: string;
}

/** What of a ledger is re-executed; nothing is written to it. */
async function replayed(file: string, vm: string | undefined): Promise<Replay> {
  const { journal, snapshots } = readSqliteJournal({ file });
  const progress = new Progress('replay');
  try {
    const replays = new Replays(journal, new History(journal, snapshots), world);
    const { id } = await replays.start(vm);
    const steps = replays.progress(id);
    if (steps === undefined) throw new Error('the replay was forgotten');
    return await lastValueFrom(steps.pipe(tap(({ checked, total }) => progress.step(checked, total))));
  } finally {
    progress.end();
    await journal.close();
  }
}

function textOf({ file, checked, erased, divergences }: Outcome): string {
  const lines = divergences.map(
    ({ position, vm, version, what, expected, got }) =>
      `position ${position} (${vm}, version ${version}): ${what}: recorded ${JSON.stringify(expected)}, came out ${JSON.stringify(got)}`,
  );
  const found = divergences.length === 0 ? 'no divergence' : `${divergences.length} divergences`;
  const left = erased === 0 ? '' : ` (of ${erased} only the facts: their data was erased)`;
  return [...lines, `${file}: ${checked} records re-executed${left}, ${found}`, ''].join('\n');
}

/** `vmledger replay`: whether every recorded command, decided again, comes out as it is recorded. */
export const replayCommand = (): Command =>
  new Command('replay')
    .description('re-execute a ledger without a service, record by record, and compare outcomes, facts and states')
    .argument('[ledger]', "a data directory or a ledger's file", defaultDataDir())
    .option('--vm <id>', 'the records of one VM, and of those that it shares pages with')
    .option('--json', 'answer in JSON')
    .addHelpText('after', '\nExit codes: 0 every record came out again, 1 some did not, 2 cannot replay')
    .action(async (path: string, { vm: one, json }: Options) => {
      const { file } = ledgerAt(path);
      const { error, vm, checked, total, erased, divergences } = await replayed(file, one);
      if (error !== undefined) throw new Error(error);
      const outcome: Outcome = { file, ...(vm !== undefined && { vm }), checked, total, erased, divergences };
      process.stdout.write(json ? `${JSON.stringify(outcome)}\n` : textOf(outcome));
      process.exitCode = divergences.length === 0 ? EXIT.done : EXIT.wrong;
    });
