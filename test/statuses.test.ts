import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const script = pathToFileURL(join(import.meta.dirname, '..', 'scripts', 'statuses.mjs')).href;
const { statusFlaws } = (await import(script)) as { readonly statusFlaws: (folder: string) => string[] };

describe('the statuses that tests came by', () => {
  const folder = mkdtempSync(join(tmpdir(), 'statuses-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are held against those that are documented', () => {
    const operation = (operationId: string, ...statuses: number[]) => ({
      operationId,
      responses: Object.fromEntries(statuses.map((status) => [status, {}])),
    });
    const paths = { '/a': { get: operation('getA', 200, 404), post: operation('makeA', 201) }, '/b': {} };
    writeFileSync(join(folder, 'openapi.json'), JSON.stringify({ paths }));
    writeFileSync(join(folder, '1.txt'), 'getA 200\ngetA 414\n');
    expect(statusFlaws(folder)).toEqual([
      'getA 404: documented, and no test came by it',
      'makeA 201: documented, and no test came by it',
    ]);
    writeFileSync(join(folder, '2.txt'), 'makeA 201\ngetA 404\nmakeA 409\n');
    expect(statusFlaws(folder)).toEqual(['makeA 409: answered, and not documented']);
    writeFileSync(join(folder, '2.txt'), 'makeA 201\ngetA 404\n');
    expect(statusFlaws(folder)).toEqual([]);
  });
});
