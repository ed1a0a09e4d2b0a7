import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceTokens } from '../../../src/infra/access/service-tokens.js';
import { TokenStore } from '../../../src/infra/access/token-store.js';
import { world } from '../../../src/infra/world.js';
import { eventually } from '../../support/eventually.js';
import { Receiver } from '../../support/receiver.js';
import { Api } from '../support/api.js';

const HOOKS = '/v1/webhooks';

interface Hook {
  readonly id: string;
  readonly cursor: number;
}

describe('a webhook of one label', () => {
  const tokensDir = mkdtempSync(join(tmpdir(), 'hook-tokens-'));
  const dataDir = mkdtempSync(join(tmpdir(), 'hook-ledger-'));
  const store = new TokenStore(tokensDir, world);
  const tokens = [serviceTokens(store)];
  const bearer = (actor: string, ...labels: string[]) => ({
    authorization: `Bearer ${store.create({ actor, roles: ['admin'], labels }).token}`,
  });
  const [root, a, b, narrow] = [
    bearer('root'),
    bearer('alice', 'team=a'),
    bearer('bob', 'team=b'),
    bearer('nina', 'env=prod', 'team=a'),
  ];
  let api: Api;
  let receiver: Receiver;

  beforeAll(async () => {
    api = await Api.start({ dataDir }, { tokens });
    receiver = await Receiver.start();
    for (const [id, labels] of Object.entries({ a: { team: 'a' }, b: { team: 'b' }, none: {} }))
      await api.done('POST', '/v1/vms', { id, arch: 's390x', labels }, root);
  });
  afterAll(async () => {
    await receiver.close();
    await api.close();
    store.close();
    for (const directory of [tokensDir, dataDir]) rmSync(directory, { recursive: true });
  });

  const create = async (headers: Record<string, string>, body = {}): Promise<Hook> =>
    (await api.done('POST', HOOKS, { url: receiver.url, after: 0, ...body }, headers)) as unknown as Hook;
  const write = (vm: string) =>
    api.done('PUT', `/v1/vms/${vm}/memslots/0`, { guestPhysAddr: 0, size: 4096, flags: ['log_dirty_pages'] }, root);
  const caughtUp = async ({ id }: Hook): Promise<void> => {
    const head = await api.head();
    const look = () => api.done('GET', `${HOOKS}/${id}`, undefined, root) as unknown as Promise<Hook>;
    await eventually(look, ({ cursor }) => cursor >= head);
  };
  const delivered = ({ id }: Hook) =>
    receiver.received.filter(({ headers }) => String(headers['webhook-id']).startsWith(id)).map(({ body }) => body);
  const sources = (hook: Hook) => [
    ...new Set(delivered(hook).map((body) => (JSON.parse(body) as { readonly source: string }).source)),
  ];

  it('delivers records of its VMs alone, whatever its filter asks for, whoever changes it, also after a restart', async () => {
    const [all, own] = [await create(root), await create(a)];
    const foreign = [
      await create(a, { filter: { vm: 'b' } }),
      await create(a, { filter: { actor: 'bob' } }),
      await create(a, { filter: { vm: 'b', gpa: '0x0' } }),
    ];
    for (const vm of ['b', 'a', 'none']) await write(vm);
    await api.done('PATCH', `${HOOKS}/${own.id}`, { description: 'by one who sees all' }, root);
    await api.done('POST', `${HOOKS}/${own.id}/resume`, { after: 0 }, root);
    for (const hook of [all, own, ...foreign]) await caughtUp(hook);

    await api.close();
    api = await Api.start({ dataDir }, { tokens });
    for (const vm of ['a', 'b']) await write(vm);
    for (const hook of [all, own, ...foreign]) await caughtUp(hook);
    expect(sources(all).sort()).toEqual(['/v1/vms/a', '/v1/vms/b', '/v1/vms/none']);
    expect(sources(own)).toEqual(['/v1/vms/a']);
    expect(foreign.map(sources)).toEqual([[], [], []]);
    expect(await api.done('GET', `${HOOKS}/${own.id}`, undefined, a)).toMatchObject({
      maker: { actor: 'alice', labels: ['team=a'] },
    });
  });

  it('is there for those alone who see what it delivers', async () => {
    const made = { root: await create(root), a: await create(a), b: await create(b), narrow: await create(narrow) };
    const named = async (headers: Record<string, string>) => {
      const { items } = (await api.done('GET', HOOKS, undefined, headers)) as unknown as { readonly items: Hook[] };
      return Object.entries(made).flatMap(([name, { id }]) => (items.some((item) => item.id === id) ? [name] : []));
    };
    expect(await named(root)).toEqual(['root', 'a', 'b', 'narrow']);
    expect(await named(a)).toEqual(['a', 'narrow']);
    expect(await named(b)).toEqual(['b']);
    expect(await named(narrow)).toEqual(['narrow']);

    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['PATCH', '', { url: 'http://127.0.0.1:9/elsewhere' }],
      ['POST', '/resume', { after: 10_000 }],
      ['DELETE', '', undefined],
    ] as const) {
      const ask = async (id: string) => {
        const { status, body: problem } = await api.call(method, `${HOOKS}/${id}${path}`, body, b);
        return [status, JSON.stringify(problem).replaceAll(id, 'ID')];
      };
      const missing = await ask('nobody');
      expect(missing[0]).toBe(404);
      for (const { id } of [made.root, made.a, made.narrow]) expect([method, await ask(id)]).toEqual([method, missing]);
    }
    const { status, body } = await api.call('DELETE', `${HOOKS}/${made.narrow.id}`, undefined, a);
    expect([status, body['maker']]).toEqual([200, { actor: 'nina', labels: ['env=prod', 'team=a'] }]);
  });
});
