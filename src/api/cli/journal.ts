import { Command, Option } from 'commander';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-codes.js';
import { follow } from './follow.js';
import { whole } from './number.js';
import { facts, plain, printItems } from './print.js';
import { type Query, type RemoteOptions, askItems, askJson, remote } from './remote.js';

/** A record as the service answers it, as far as a table shows it. */
interface RecordBody {
  readonly position: number;
  readonly time: string;
  readonly vm: string;
  readonly version: number;
  readonly actor: string;
  readonly requestId: string;
  readonly command: { readonly type: string };
  readonly outcome: { readonly ret: number; readonly errno?: string };
  readonly events: readonly { readonly type: string }[];
  readonly data?: readonly { readonly role: string; readonly size: number; readonly commitment: string }[];
  readonly leafHash: string;
}

interface Filters {
  readonly vm?: string;
  readonly type?: string;
  readonly outcome?: string;
  readonly actor?: string;
  readonly from?: string;
  readonly to?: string;
  readonly gpa?: string;
  readonly size?: string;
}

interface ListOptions extends RemoteOptions, Filters {
  readonly after: number;
  readonly limit: number;
  readonly json?: boolean;
}

interface FollowOptions extends RemoteOptions, Filters {
  readonly after?: number;
  readonly json?: boolean;
}

const HEAD = ['POSITION', 'TIME', 'VM', 'VERSION', 'ACTOR', 'COMMAND', 'OUTCOME'];

const outcomeOf = ({ ret, errno }: RecordBody['outcome']): string => errno ?? (ret === 0 ? 'done' : `ret ${ret}`);

const rowOf = ({ position, time, vm, version, actor, command, outcome }: RecordBody): string[] => [
  String(position),
  time,
  vm,
  String(version),
  actor,
  command.type,
  outcomeOf(outcome),
];

const filtersOf = ({ vm, type, outcome, actor, from, to, gpa, size }: Filters): Query => ({
  ...{ vm, type, outcome, actor },
  ...{ from, to, gpa, size },
});

/** A command whose records have to pass filters. */
const filtered = (command: Command): Command =>
  remote(command)
    .option('--vm <id>', 'only records of a VM')
    .option('--type <command>', 'only commands of a type')
    .addOption(new Option('--outcome <outcome>', 'only what was done, or refused').choices(['done', 'refused']))
    .option('--actor <name>', 'only what an actor asked for')
    .option('--from <time>', 'not before (RFC 3339)')
    .option('--to <time>', 'not after (RFC 3339)')
    .option('--gpa <address>', 'only what touched a range of guest memory: its first byte')
    .option('--size <bytes>', 'the bytes of that range');

const listCommand = (): Command =>
  filtered(new Command('list'))
    .description('list records in order of position')
    .option('--after <position>', 'only records after this one', whole('--after', 0), 0)
    .option('--limit <number>', 'at most so many', whole('--limit', 1), 100)
    .option('--json', 'one record a line, as the service answers it')
    .action(async ({ after, limit, json, ...options }: ListOptions) => {
      const query = { ...filtersOf(options), after: String(after) };
      await printItems(askItems<RecordBody>(options, '/v1/journal', query, limit), HEAD, rowOf, json);
    });

function textOf({ command: { type, ...given }, outcome, events, data = [], ...record }: RecordBody): string {
  const { ret, errno, ...reply } = outcome;
  const { position, vm, version, time, actor, requestId, leafHash } = record;
  return facts({
    position: String(position),
    vm,
    version: String(version),
    time,
    actor,
    request: requestId,
    command: `${type} ${JSON.stringify(given)}`,
    outcome: [errno ?? 'done', `ret ${ret}`, JSON.stringify(reply)].join(' '),
    ...Object.fromEntries(
      events.map(({ type: fact, ...rest }, i) => [`fact ${i + 1}`, `${fact} ${JSON.stringify(rest)}`]),
    ),
    ...Object.fromEntries(data.map(({ role, size, commitment }) => [role, `${size} bytes, commitment ${commitment}`])),
    'leaf hash': leafHash,
  });
}

const showCommand = (): Command =>
  remote(new Command('show'))
    .description('show one record')
    .argument('<position>', 'where it is', whole('the position', 1))
    .option('--json', 'as the service answers it')
    .action(async (position: number, { json, ...options }: RemoteOptions & { readonly json?: boolean }) => {
      const query = { after: String(position - 1), limit: '1' };
      const { items } = await askJson<{ items: RecordBody[] }>(options, '/v1/journal', query);
      const [record] = items;
      if (record?.position !== position) throw new CliError(EXIT.refused, `404: there is no record at ${position}`);
      process.stdout.write(json ? `${JSON.stringify(record)}\n` : textOf(record));
    });

const followCommand = (): Command =>
  filtered(new Command('follow'))
    .description('show records as they come, without a gap, until it is interrupted')
    .option(
      '--after <position>',
      'begin after this one, 0 for the first; with what is to come if absent',
      whole('--after', 0),
    )
    .option('--json', 'one record a line, as the service answers it')
    .action(async ({ after, json, ...options }: FollowOptions) => {
      for await (const event of follow(options, '/v1/journal/stream', filtersOf(options), after)) {
        const { data } = JSON.parse(event) as { readonly data: RecordBody };
        process.stdout.write(json ? `${JSON.stringify(data)}\n` : `${rowOf(data).map(plain).join('  ')}\n`);
      }
    });

/** `vmledger journal`: the records of a running service. */
export const journalCommand = (): Command =>
  new Command('journal')
    .description('look at the journal of a running service')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(followCommand());
