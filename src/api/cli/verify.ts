import { Command } from 'commander';
import { firstBad } from '../../domain/audit/verify/flaw.js';
import { trustedCheckpoints } from '../../infra/verify/trusted-checkpoints.js';
import { type VerifyReport, verifyLedger } from '../../infra/verify/verify-ledger.js';
import { EXIT } from './exit-codes.js';
import { flawLine } from './flaw-line.js';
import { defaultDataDir, ledgerAt } from './ledger-path.js';
import { logKeyFrom } from './log-key.js';
import { Progress } from './progress.js';

interface Options {
  readonly checkpoint: readonly string[];
  readonly key?: string;
  readonly json?: boolean;
}

/** What is answered: as JSON it is this. */
interface Outcome extends VerifyReport {
  readonly file: string;
  /** `sound`; `unsigned`: sound, but some of the last records are under no checkpoint; `broken`. */
  readonly state: 'sound' | 'unsigned' | 'broken';
  /** The first position that is bad, or can be; absent if nothing is, or what is bad are not records. */
  readonly firstBad?: number;
}

const CODES = { sound: EXIT.done, unsigned: EXIT.unsigned, broken: EXIT.wrong } as const;

/** An option that may be given more than once. */
export const collect = (value: string, before: readonly string[]): string[] => [...before, value];

function textOf({ file, state, records, root, signed, flaws, firstBad }: Outcome): string {
  const lines = flaws.map(flawLine);
  const first = firstBad === undefined ? '' : `, the first bad position is ${firstBad}`;
  const states = {
    sound: `sound: ${records} records, all under a signed checkpoint`,
    unsigned: `sound, but only ${signed} of ${records} records are under a signed checkpoint`,
    broken: `broken${first}`,
  };
  return [...lines, `${file}: ${states[state]}`, ...(state === 'broken' ? [] : [`root ${root}`]), ''].join('\n');
}

async function outcomeOf(path: string, { checkpoint, key }: Options): Promise<Outcome> {
  const { file, dataDir } = ledgerAt(path);
  // The checkpoints first: a service may be at work, and what it signs it has stored before.
  const { checkpoints, flaws: untrusted } = await trustedCheckpoints(dataDir, checkpoint, logKeyFrom(key));
  const progress = new Progress('verify');
  const report = verifyLedger({ file, checkpoints, progress: progress.step });
  progress.end();
  const flaws = [...report.flaws, ...untrusted];
  const first = firstBad(flaws);
  const state = flaws.length > 0 ? 'broken' : report.signed < report.records ? 'unsigned' : 'sound';
  return { file, state, ...(first !== undefined && { firstBad: first }), ...report, flaws };
}

/** `vmledger verify`: whether a ledger is the one that was written and signed. */
export const verifyCommand = (): Command =>
  new Command('verify')
    .description(
      'verify a ledger without a service: every record, the data beside it, its indexes, its tree and what was signed',
    )
    .argument('[ledger]', "a data directory or a ledger's file", defaultDataDir())
    .option('-c, --checkpoint <file>', 'a checkpoint that was kept elsewhere; may be given more than once', collect, [])
    .option('-k, --key <vkey>', "whom to believe, instead of the data directory's own log/vkey")
    .option('--json', 'answer in JSON')
    .addHelpText('after', '\nExit codes: 0 sound, 1 broken, 2 cannot verify, 3 sound but not all of it signed')
    .action(async (path: string, options: Options) => {
      const outcome = await outcomeOf(path, options);
      process.stdout.write(options.json ? `${JSON.stringify(outcome)}\n` : textOf(outcome));
      process.exitCode = CODES[outcome.state];
    });
