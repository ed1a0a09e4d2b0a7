import { serviceTokens } from '../../src/infra/access/service-tokens.js';
import { TokenStore } from '../../src/infra/access/token-store.js';
import { world } from '../../src/infra/world.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeLog } from '../../src/api/http/log.js';
import { Api, base64 } from './support/api.js';

describe('every response', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
  });
  afterAll(() => api.close());

  it.each(['/v1/vms', '/docs', '/nothing', '/v1/vms/nobody'])(
    'tells browsers and caches what it is: %s',
    async (path) => {
      const { headers } = await api.raw('GET', path);
      expect(Object.fromEntries(headers)).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy':
          "default-src 'none';style-src 'unsafe-inline';base-uri 'none';form-action 'none';frame-ancestors 'none'",
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'strict-transport-security': expect.stringContaining('max-age=') as unknown,
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      });
      expect(headers.has('x-powered-by')).toBe(false);
    },
  );
});

describe('requests that are too many', () => {
  it('are 429 for their actor alone, until the minute is over; health is not counted', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'rate-'));
    const store = new TokenStore(dataDir, world);
    const api = await Api.start({}, { tokens: [serviceTokens(store)], rateLimit: 3 });
    const bearer = (actor: string) => ({
      authorization: `Bearer ${store.create({ actor, roles: ['reader'], labels: [] }).token}`,
    });
    const [one, two] = [bearer('one'), bearer('two')];
    const ask = (headers: Record<string, string>) => api.call('GET', '/v1/vms', undefined, headers);
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await ask(one)).status);
    const { status, headers, body } = await ask(bearer('one'));
    expect([...statuses, status]).toEqual([200, 200, 200, 429, 429]);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect([headers.get('content-type'), body['type']]).toEqual([
      'application/problem+json',
      'urn:vmledger:problem:too-many-requests',
    ]);
    const other = await ask(two);
    expect(other.status).toBe(200);
    for (const answer of [headers, other.headers])
      expect([...answer.keys()].filter((name) => name.includes('ratelimit'))).toEqual([]);
    for (let i = 0; i < 5; i++) expect((await api.raw('GET', '/healthz')).status).toBe(200);
    await api.close();
    store.close();
    rmSync(dataDir, { recursive: true });
  });

  const REFUSED: readonly (readonly [
    what: string,
    headers: object,
    method: 'GET' | 'POST',
    path: string,
    was: number,
  ])[] = [
    ['a token that is no good', { authorization: 'Bearer vml_guessed' }, 'GET', '/v1/vms', 401],
    ['no token', {}, 'GET', '/v1/vms', 401],
    ['a role that may not', {}, 'POST', '/v1/vms', 403],
    ['a VM that is not there', {}, 'GET', '/v1/vms/none', 404],
    ['a path that is not there', {}, 'GET', '/v1/nothing', 404],
  ];

  it.each(REFUSED)('are counted where they are refused: %s', async (_, given, method, path, was) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'rate-'));
    const store = new TokenStore(dataDir, world);
    const { token } = store.create({ actor: 'reader', roles: ['reader'], labels: [] });
    const api = await Api.start({}, { tokens: [serviceTokens(store)], rateLimit: 2 });
    const good = { authorization: `Bearer ${token}` };
    const headers = { ...(was === 401 ? {} : good), ...given };
    const statuses: number[] = [];
    for (let i = 0; i < 3; i++) statuses.push((await api.call(method, path, undefined, headers)).status);
    expect(statuses).toEqual([was, was, 429]);
    expect((await api.call('GET', '/v1/vms', undefined, good)).status).toBe(
      was === 401 || path === '/v1/nothing' ? 200 : 429,
    );
    await api.close();
    store.close();
    rmSync(dataDir, { recursive: true });
  });
});

describe('the log', () => {
  const lines: string[] = [];
  const read = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);

  it('has a line for each request, with who asked, and no secret of any', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'log-'));
    const store = new TokenStore(dataDir, world);
    const { token } = store.create({ actor: 'ci', roles: ['admin'], labels: [] });
    const log = makeLog('trace', { write: (line) => void lines.push(line) });
    const api = await Api.start({}, { log, tokens: [serviceTokens(store)] });
    const headers = {
      authorization: `Bearer ${token}`,
      'idempotency-key': 'key-of-the-client',
      'x-request-id': 'r-1',
      cookie: 'session=cookie-secret',
    };
    await api.done('POST', '/v1/vms', { id: 'm', arch: 's390x' }, headers);
    const memory = base64('guest-secret');
    await api.call('POST', `/v1/vms/m/memop?op=absolute_cmpxchg&oldData=${memory}`, undefined, headers);
    await api.call('PUT', '/v1/vms/m/memory', { gpa: 0, data: memory }, headers);
    await api.call('GET', '/v1/vms', undefined, { authorization: 'Bearer vml_wrong-secret' });
    const jwt = ['{"alg":"none"}', '{}', 'signed'].map((part) => Buffer.from(part).toString('base64url')).join('.');
    await api.call('GET', `/v1/vms/${token}/${jwt}`, undefined, headers);
    api.service.machines.view = () =>
      Promise.reject(Object.assign(new Error('broken'), { token, body: memory, headers }));
    expect((await api.call('GET', '/v1/vms/m', undefined, headers)).status).toBe(500);

    const text = lines.join('');
    for (const secret of [
      token,
      token.split('.')[1] ?? '',
      'key-of-the-client',
      'cookie-secret',
      memory,
      'wrong-secret',
      jwt,
      Buffer.from('signed').toString('base64url'),
    ])
      expect([secret, text.includes(secret)]).toEqual([secret, false]);
    const answered = read().filter(({ msg }) => msg === 'answered');
    expect(answered).toHaveLength(6);
    expect(answered[0]).toMatchObject({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-.*Z$/) as unknown,
      requestId: 'r-1',
      method: 'POST',
      path: '/v1/vms',
      operation: 'createVm',
      actor: 'ci',
      status: 201,
    });
    expect(answered[3]).toMatchObject({ status: 401, operation: 'listVms' });
    expect(answered[3]).not.toHaveProperty('actor');
    expect(answered[4]).toMatchObject({ path: '/v1/vms/[redacted]/[redacted]', status: 404 });
    expect(read().find(({ msg }) => msg === 'a request failed')).toMatchObject({
      requestId: 'r-1',
      err: { message: 'broken', token: '[redacted]' },
    });
    await api.close();
    store.close();
    rmSync(dataDir, { recursive: true });
  });
});
