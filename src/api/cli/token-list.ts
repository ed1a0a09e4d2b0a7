import { Command } from 'commander';
import type { ListedToken } from '../../infra/access/token-rows.js';
import { defaultDataDir } from './ledger-path.js';
import { tokensIn } from './tokens-in.js';

const timeOf = (time: number | undefined): string | undefined =>
  time === undefined ? undefined : new Date(time).toISOString();

/** A token as it is printed: times in RFC 3339. */
const shown = ({ createdAt, expiresAt, revokedAt, ...token }: ListedToken) => ({
  ...token,
  createdAt: timeOf(createdAt),
  expiresAt: timeOf(expiresAt),
  revokedAt: timeOf(revokedAt),
});

type Shown = ReturnType<typeof shown>;

const COLUMNS: readonly (readonly [title: string, cell: (token: Shown) => string | undefined])[] = [
  ['ID', ({ id }) => id],
  ['ACTOR', ({ actor }) => actor],
  ['ROLES', ({ roles }) => roles.join(',')],
  ['LABELS', ({ labels }) => labels.join(',')],
  ['CREATED', ({ createdAt }) => createdAt],
  ['EXPIRES', ({ expiresAt }) => expiresAt],
  ['REVOKED', ({ revokedAt }) => revokedAt],
];

/** Rows of cells, each column as wide as its widest. */
function tableOf(tokens: readonly Shown[]): string {
  const rows = [
    COLUMNS.map(([title]) => title),
    ...tokens.map((token) => COLUMNS.map(([, cell]) => cell(token) || '-')),
  ];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}

/** `vmledger token list`: every token that was made, without its secret. */
export const tokenListCommand = (): Command =>
  new Command('list')
    .description('list the tokens, those included that are no good any more')
    .option('-d, --data-dir <folder>', 'the data directory', defaultDataDir())
    .option('--json', 'print JSON', false)
    .action(({ dataDir, json }: { readonly dataDir: string; readonly json: boolean }) => {
      const tokens = tokensIn(dataDir, (store) => store.list()).map(shown);
      process.stdout.write(`${json ? JSON.stringify(tokens) : tableOf(tokens)}\n`);
    });
