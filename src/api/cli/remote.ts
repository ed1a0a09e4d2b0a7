import { Option, type Command } from 'commander';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-codes.js';

/** Where a service is, and who asks it. */
export interface RemoteOptions {
  readonly url: string;
  readonly token?: string;
}

const DEFAULT_URL = 'http://127.0.0.1:8086';

/** A command that asks a running service. */
export const remote = (command: Command): Command =>
  command
    .addOption(new Option('--url <url>', 'where the service is').env('VMLEDGER_URL').default(DEFAULT_URL))
    .addOption(new Option('--token <token>', 'the bearer token; better left to the environment').env('VMLEDGER_TOKEN'))
    .addHelpText('after', '\nExit codes: 0 done, 2 wrong arguments, 4 the service refused, 5 no service answered');

/** What is asked for in a query; what is undefined is not asked. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

function urlOf(base: string, path: string, query: Query): URL {
  if (!URL.canParse(path, base)) throw new Error(`${base} is not a URL`);
  const url = new URL(path, base);
  for (const [name, values] of Object.entries(query))
    for (const value of [values ?? []].flat()) url.searchParams.append(name, value);
  return url;
}

/** A problem of the service's (RFC 9457) on one line: the errno, or else the status. */
async function problemOf(response: Response): Promise<string> {
  const problem = (await response.json().catch(() => ({}))) as Readonly<Record<string, unknown>>;
  const { errno = response.status, title = response.statusText, detail } = problem;
  return [errno, title, detail].filter((part) => typeof part === 'string' || typeof part === 'number').join(': ');
}

/**
 * Asks a service for what is at a path.
 *
 * @param accept the media type that is wanted
 * @throws CliError `refused` if it answers with a problem, `unreachable` if it does not answer
 */
export async function ask(
  { url, token }: RemoteOptions,
  path: string,
  query: Query = {},
  headers: Readonly<Record<string, string>> = { accept: 'application/json' },
): Promise<Response> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const target = urlOf(url, path, query);
  const response = await fetch(target, { headers: { ...headers, ...authorization } }).catch((error: unknown) => {
    const { cause } = Object(error) as { readonly cause?: { readonly message?: string; readonly code?: string } };
    throw new CliError(
      EXIT.unreachable,
      `${target.origin} does not answer: ${cause?.code ?? cause?.message ?? String(error)}`,
    );
  });
  if (!response.ok) throw new CliError(EXIT.refused, await problemOf(response));
  return response;
}

/** As `ask`, for JSON. */
export const askJson = async <Body>(options: RemoteOptions, path: string, query: Query = {}): Promise<Body> =>
  (await ask(options, path, query)).json() as Promise<Body>;

/** Items that are asked for at a time. */
const PAGE = 100;

/** The items of a collection, page by page, at most so many. */
export async function* askItems<Item>(
  options: RemoteOptions,
  path: string,
  query: Query,
  most: number,
): AsyncGenerator<Item, undefined> {
  let cursor: string | undefined;
  for (let left = most; left > 0;) {
    const page = { ...query, cursor, limit: String(Math.min(left, PAGE)) };
    const { items, nextCursor } = await askJson<{ items: Item[]; nextCursor?: string }>(options, path, page);
    yield* items;
    if (nextCursor === undefined) return;
    cursor = nextCursor;
    left -= items.length;
  }
}
