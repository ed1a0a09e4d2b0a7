import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jwtTokens } from '../../../src/infra/access/jwt.js';
import { serviceTokens } from '../../../src/infra/access/service-tokens.js';
import { TokenStore } from '../../../src/infra/access/token-store.js';
import { world } from '../../../src/infra/world.js';
import { Api } from '../support/api.js';
import { identityProvider } from '../support/identity-provider.js';
import { exchange } from '../support/raw.js';

describe('who asks', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'bearer-'));
  const store = new TokenStore(dataDir, world);
  let provider: Awaited<ReturnType<typeof identityProvider>>;
  let api: Api;
  beforeAll(async () => {
    provider = await identityProvider();
    api = await Api.start({}, { tokens: [serviceTokens(store), jwtTokens(provider.config)] });
  });
  afterAll(async () => {
    await api.close();
    provider.close();
    store.close();
    rmSync(dataDir, { recursive: true });
  });

  const ask = (authorization: string | undefined) =>
    api.call('GET', '/v1/vms', undefined, authorization === undefined ? {} : { authorization });

  it.each([
    ['no header', undefined, undefined],
    ['another scheme', 'Basic cm9vdDpyb290', undefined],
    ['no token', 'Bearer ', undefined],
    ['two tokens', 'Bearer a b', undefined],
    ['a token that is not known', `Bearer vml_0123456789ab.${'x'.repeat(43)}`, 'invalid_token'],
    ['a token of no kind', 'Bearer secret', 'invalid_token'],
    ['a JWT that is none', 'Bearer a.b.c', 'invalid_token'],
  ])('is not known by %s: 401, and how to say it', async (_what, authorization, error) => {
    const { status, headers, body } = await ask(authorization);
    expect([status, body['type']]).toEqual([401, 'urn:vmledger:problem:unauthenticated']);
    const challenge = headers.get('www-authenticate');
    expect(challenge).toBe(`Bearer realm="vmledger"${error === undefined ? '' : `, error="${error}"`}`);
    expect(JSON.stringify(body)).not.toContain('secret');
  });

  it('is known by a token, whatever the case of its scheme', async () => {
    const { token } = store.create({ actor: 'ci', roles: ['reader'], labels: [] });
    expect([(await ask(`Bearer ${token}`)).status, (await ask(`bearer ${token}`)).status]).toEqual([200, 200]);
  });

  it('is known by a token of the identity provider, and named in the record', async () => {
    const token = await provider.token({ sub: 'alice', roles: ['operator'] });
    const headers = { authorization: `Bearer ${token}` };
    const { id } = await api.done('POST', '/v1/vms', { arch: 's390x' }, headers);
    const { items } = await api.done('GET', `/v1/vms/${String(id)}/journal`, undefined, headers);
    expect(items).toMatchObject([{ actor: 'oidc:alice' }]);
  });

  it('is asked before the body is read', async () => {
    const { status } = await api.raw('POST', '/v1/vms', 'x'.repeat(300 * 1024), { 'content-type': 'application/json' });
    expect(status).toBe(401);
  });

  it('is not asked for health and documentation, nor where nothing is served', async () => {
    const statuses = ['/healthz', '/readyz', '/openapi.json', '/docs', '/nothing'].map(
      async (path) => (await api.raw('GET', path)).status,
    );
    expect(await Promise.all(statuses)).toEqual([200, 200, 200, 200, 404]);
  });

  it.each(['good first', 'good last'])('is not known by two headers, whichever is good: %s', async (which) => {
    const { token } = store.create({ actor: 'two', roles: ['reader'], labels: [] });
    const lines = [`authorization: Bearer ${token}`, 'authorization: Bearer other'];
    if (which === 'good last') lines.reverse();
    const head = ['GET /v1/vms HTTP/1.1', 'host: localhost', 'connection: close', ...lines];
    expect((await exchange(api.url, `${head.join('\r\n')}\r\n\r\n`)).status).toBe(401);
  });

  it('is told in the OpenAPI document', async () => {
    const document = await api.done('GET', '/openapi.json');
    expect(document['components']).toMatchObject({ securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } });
    const paths = document['paths'] as Record<string, Record<string, { security: unknown; responses: object }>>;
    expect(paths['/v1/vms']?.['post']).toMatchObject({
      security: [{ bearer: [] }],
      responses: { 401: {}, 403: {}, 429: {} },
    });
    expect(paths['/healthz']?.['get']?.security).toEqual([]);
    expect(paths['/healthz']?.['get']?.responses).not.toHaveProperty('401');
  });

  it('cannot be found out while the keys of the identity provider cannot be had: 503', async () => {
    const other = await identityProvider();
    const lost = await Api.start({}, { tokens: [jwtTokens(other.config)] });
    other.fail();
    const authorization = `Bearer ${await other.token({ sub: 'alice' })}`;
    const { status, headers, body } = await lost.call('GET', '/v1/vms', undefined, { authorization });
    expect([status, headers.get('retry-after'), body['type']]).toEqual([
      503,
      '5',
      'urn:vmledger:problem:authentication-unavailable',
    ]);
    await lost.close();
    other.close();
  });
});
