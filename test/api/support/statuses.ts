import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from '../../../src/api/app.js';

/** Where the run of all tests collects which operation answered what; nothing is collected if absent. */
const FOLDER = process.env['VMLEDGER_STATUSES'];

interface Place {
  readonly method: string;
  readonly pattern: RegExp;
  readonly name: string;
  readonly parameters: number;
}

/** The operations of a document, those with fewer parameters in their paths first. */
function placesOf({ document }: App): Place[] {
  const paths = document().paths as unknown as Record<string, Record<string, { readonly operationId: string }>>;
  const places = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId: name }]) => ({
      method: method.toUpperCase(),
      pattern: new RegExp(
        `^${path
          .replaceAll('.', '\\.')
          .replace('{path}', '.+')
          .replaceAll(/\{\w+\}/g, '[^/]+')}$`,
      ),
      name,
      parameters: path.split('{').length,
    })),
  );
  return places.sort((a, b) => a.parameters - b.parameters);
}

/** The places of every application of this process, as all have the same operations, and the document takes a while. */
let everywhere: readonly Place[] | undefined;

/**
 * Notes down what an application answers, by operation: scripts/test.mjs holds it against the document.
 *
 * @returns writes it to a file of this process
 */
export function collectStatuses(app: App): () => void {
  if (FOLDER === undefined) return () => undefined;
  const places = (everywhere ??= placesOf(app));
  const seen = new Set<string>();
  app.nest.getHttpServer().prependListener('request', ({ method = '', url = '' }, response) => {
    response.once('close', () => {
      const path = url.split('?', 1)[0] ?? '';
      // A HEAD is answered by the GET of its path where it has no operation of its own.
      const found = [method, method === 'HEAD' ? 'GET' : method].flatMap((wanted) =>
        places.filter((place) => place.method === wanted && place.pattern.test(path)),
      )[0];
      if (found && response.headersSent) seen.add(`${found.name} ${response.statusCode}\n`);
    });
  });
  return () => {
    const document = join(FOLDER, 'openapi.json');
    if (!existsSync(document)) writeFileSync(document, JSON.stringify(app.document()));
    appendFileSync(join(FOLDER, `${process.pid}.txt`), [...seen].join(''));
  };
}
