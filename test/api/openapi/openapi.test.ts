import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Api } from '../support/api.js';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly required: boolean; readonly content: Record<string, object> };
  readonly responses: Record<string, { readonly content?: Record<string, object>; readonly headers: object }>;
}

interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, object> };
}

const redocly = join(dirname(createRequire(import.meta.url).resolve('@redocly/cli/package.json')), 'bin', 'cli.js');
const config = fileURLToPath(new URL('../../../redocly.yaml', import.meta.url));

describe('the OpenAPI document', () => {
  let api: Api;
  let document: Document;
  beforeAll(async () => {
    api = await Api.start();
    document = (await api.done('GET', '/openapi.json')) as unknown as Document;
  });
  afterAll(() => api.close());

  const operations = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
    );

  it('is of version 3.1', () => expect(document.openapi).toBe('3.1.0'));

  it('passes the linter without an error or a warning', () => {
    const file = join(api.dataDir, 'openapi.json');
    writeFileSync(file, JSON.stringify(document));
    const lint = spawnSync(process.execPath, [redocly, 'lint', `--config=${config}`, '--format=json', file], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '', REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
    });
    const { totals } = JSON.parse(lint.stdout.slice(lint.stdout.indexOf('{'))) as { totals: object };
    expect(totals).toMatchObject({ errors: 0, warnings: 0 });
  }, 60_000);

  it('has every route, and nothing else', () => {
    const routes = api.app.routes.routes().filter((route) => !route.startsWith('OPTIONS '));
    const served = routes.map((route) => route.replace('*', ':path'));
    const explicit = operations().map(({ name }) => name.replace(/\{(\w+)\}/g, ':$1'));
    // A GET is served to HEAD too.
    const implied = served.filter(
      (route) => route.startsWith('HEAD ') && explicit.includes(route.replace('HEAD', 'GET')),
    );
    expect([...new Set([...explicit, ...implied])].sort()).toEqual([...served].sort());
  });

  it('names each operation once', () => {
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('says of each operation what it is and how it can fail', () => {
    for (const { name, operation } of operations()) {
      expect([name, operation.summary, operation.tags.length]).toEqual([name, expect.stringMatching(/./), 1]);
      const statuses = Object.keys(operation.responses).map(Number);
      expect([name, statuses.some((status) => status >= 400), statuses.some((status) => status < 300)]).toEqual([
        name,
        true,
        true,
      ]);
      for (const [status, { content }] of Object.entries(operation.responses))
        if (Number(status) >= 400) expect(Object.keys(content ?? {})).toEqual(['application/problem+json']);
    }
  });

  it.each<[string, string, boolean]>([
    ['post', '/v1/vms', true],
    ['put', '/v1/vms/{vm}/memory', true],
    ['post', '/v1/vms/{vm}/memop', false],
    ['post', '/v1/vms/{vm}/memop/batch', true],
    ['put', '/v1/vms/{vm}/attributes/{group}/{attribute}', false],
    ['post', '/v1/replays', false],
  ])('%s %s needs its body: %s', (method, path, required) => {
    expect(document.paths[path]?.[method]?.requestBody?.required).toBe(required);
  });

  it.each(['/v1/vms/{vm}', '/v1/vms/{vm}/memslots/{slot}'])('DELETE %s has no body', (path) => {
    expect(document.paths[path]?.['delete']).not.toHaveProperty('requestBody');
  });

  it('has integers of queries as numbers', () => {
    const parameters = document.paths['/v1/vms/{vm}/journal']?.['get']?.parameters ?? [];
    const integer = (name: string) => parameters.find((parameter) => parameter.name === name);
    expect(integer('limit')).toMatchObject({ schema: { type: 'integer', minimum: 1, maximum: 1000, default: 100 } });
    expect(integer('afterVersion')).toMatchObject({ schema: { type: 'integer', minimum: 0 }, required: false });
  });

  it('knows octets and text beside JSON', () => {
    const memop = document.paths['/v1/vms/{vm}/memop']?.['post'];
    expect(Object.keys(memop?.requestBody?.content ?? {})).toEqual(['application/json', 'application/octet-stream']);
    expect(Object.keys(memop?.responses['200']?.content ?? {})).toEqual([
      'application/json',
      'application/octet-stream',
    ]);
    const translate = document.paths['/v1/vms/{vm}/vcpus/{vcpu}/translate']?.['post'];
    expect(Object.keys(translate?.responses['200']?.content ?? {})).toEqual(['application/json', 'text/plain']);
  });

  it('is made from the schemas that validate', () => {
    const { Bytes, U64, MemOpRequest } = document.components.schemas;
    expect(Bytes).toMatchObject({ type: 'string', contentEncoding: 'base64' });
    expect(U64).toMatchObject({ anyOf: [{ type: 'string' }, { type: 'integer', minimum: 0 }] });
    expect(MemOpRequest).toMatchObject({
      required: ['op', 'size'],
      additionalProperties: false,
      properties: { gaddr: { default: '0x0' }, ar: { default: 0 } },
    });
  });

  it('lets commands be conditional', () => {
    const parameters = document.paths['/v1/vms/{vm}/memop']?.['post']?.parameters ?? [];
    expect(parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name)).toContain('If-Match');
    const list = document.paths['/v1/vms']?.['get']?.parameters ?? [];
    expect(list.map(({ name }) => name)).not.toContain('If-Match');
  });

  it('is a page for people, which needs nothing from elsewhere', async () => {
    const response = await api.raw('GET', '/docs');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const page = await response.text();
    for (const { operation } of operations()) expect(page).toContain(`id="${operation.operationId}"`);
    for (const name of Object.keys(document.components.schemas)) expect(page).toContain(`id="schema-${name}"`);
    expect(page).not.toMatch(/<script|<link|<img|(?:src|href)="https?:/);
  });
});
