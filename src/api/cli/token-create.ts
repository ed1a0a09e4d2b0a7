import { Command, InvalidArgumentError } from 'commander';
import { SELECTOR } from '../../infra/access/labels.js';
import { ROLES, type Role, isRole } from '../../infra/access/principal.js';
import { ACTOR } from '../../infra/access/token.js';
import { defaultDataDir } from './ledger-path.js';
import { tokensIn } from './tokens-in.js';

interface Options {
  readonly dataDir: string;
  readonly role: readonly Role[];
  readonly label: readonly string[];
  readonly expires?: number;
  readonly json: boolean;
}

const DURATION = /^([1-9]\d{0,5})([hdwy])$/;

const HOURS: Readonly<Record<string, number>> = { h: 1, d: 24, w: 7 * 24, y: 365 * 24 };

function actorOf(text: string): string {
  if (ACTOR.test(text) && text !== 'local') return text;
  throw new InvalidArgumentError(
    'must be 1 to 128 of A-Z a-z 0-9 . _ @ -, the first a letter or digit, and not "local"',
  );
}

function roleOf(text: string, before: readonly Role[] = []): readonly Role[] {
  if (isRole(text)) return [...before, text];
  throw new InvalidArgumentError(`must be one of ${ROLES.join(', ')}`);
}

function labelOf(text: string, before: readonly string[] = []): readonly string[] {
  if (SELECTOR.test(text)) return [...before, text];
  throw new InvalidArgumentError('must be name or name=value');
}

/** Milliseconds that a duration stands for. */
function durationOf(text: string): number {
  const [, count, unit = ''] = DURATION.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError('must be a number of hours, days, weeks or years, as in 90d');
  return Number(count) * (HOURS[unit] ?? 0) * 60 * 60 * 1000;
}

/** `vmledger token create`: a token for an actor, shown this once. */
export const tokenCreateCommand = (): Command =>
  new Command('create')
    .description('make a bearer token and print it; it cannot be shown again')
    .argument('<actor>', 'whom the records of its commands name', actorOf)
    .requiredOption('-r, --role <role>', `what it may do: ${ROLES.join(', ')}; can be repeated`, roleOf)
    .option(
      '-l, --label <label>',
      'only VMs with this label, name or name=value; repeated: with all of them',
      labelOf,
      [],
    )
    .option('-e, --expires <duration>', 'until when it is good, as in 12h, 90d, 1y; for ever if absent', durationOf)
    .option('-d, --data-dir <folder>', 'the data directory', defaultDataDir())
    .option('--json', 'print JSON', false)
    .action((actor: string, { dataDir, role: roles, label: labels, expires, json }: Options) => {
      const made = tokensIn(dataDir, (store) => store.create({ actor, roles, labels }, expires));
      process.stdout.write(`${json ? JSON.stringify({ ...made, actor, roles, labels }) : made.token}\n`);
    });
