import { Command } from 'commander';
import type { ListedToken } from '../../infra/access/token-rows.js';
import { defaultDataDir } from './ledger-path.js';
import { table } from './print.js';
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

const HEAD = ['ID', 'ACTOR', 'ROLES', 'LABELS', 'CREATED', 'EXPIRES', 'REVOKED'];

const rowOf = ({ id, actor, roles, labels, createdAt, expiresAt, revokedAt }: Shown): string[] =>
  [id, actor, roles.join(','), labels.join(','), createdAt, expiresAt, revokedAt].map((cell) => cell || '-');

/** `vmledger token list`: every token that was made, without its secret. */
export const tokenListCommand = (): Command =>
  new Command('list')
    .description('list the tokens, those included that are no good any more')
    .option('-d, --data-dir <folder>', 'the data directory', defaultDataDir())
    .option('--json', 'print JSON', false)
    .action(({ dataDir, json }: { readonly dataDir: string; readonly json: boolean }) => {
      const tokens = tokensIn(dataDir, (store) => store.list()).map(shown);
      process.stdout.write(json ? `${JSON.stringify(tokens)}\n` : table(HEAD, tokens.map(rowOf)));
    });
