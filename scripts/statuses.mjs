// Which statuses that the OpenAPI document promises no test came by, and which came that it does not know.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Statuses of requests of which it is not known which operation is meant: they belong to none. */
const OF_NO_OPERATION = new Set(['405', '408', '414', '431']);

/** @returns a line for each, of a folder in which the tests collected what they saw (test/api/support/statuses.ts) */
export function statusFlaws(folder) {
  const read = (name) => readFileSync(join(folder, name), 'utf8');
  const files = readdirSync(folder).filter((name) => name.endsWith('.txt'));
  const seen = new Set(files.flatMap((name) => read(name).split('\n').filter(Boolean)));
  const { paths } = JSON.parse(read('openapi.json'));
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  const documented = new Set(
    operations.flatMap(({ operationId, responses }) =>
      Object.keys(responses).map((status) => `${operationId} ${status}`),
    ),
  );
  const missing = [...documented].filter((one) => !seen.has(one));
  const unknown = [...seen].filter((one) => !documented.has(one) && !OF_NO_OPERATION.has(one.split(' ')[1]));
  return [
    ...missing.map((one) => `${one}: documented, and no test came by it`),
    ...unknown.map((one) => `${one}: answered, and not documented`),
  ].sort();
}
