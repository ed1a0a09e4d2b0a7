import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { createdWebhook, webhookPage, webhookShape } from '../../src/api/shapes/webhook.js';
import { cloudEventShape } from '../../src/api/shapes/journal.js';
import { LEDGER_FILE } from '../../src/infra/data-dir.js';
import { eventually } from '../support/eventually.js';
import { Receiver } from '../support/receiver.js';
import { Api, type Body } from './support/api.js';

const HOOKS = '/v1/webhooks';

describe('webhooks over REST', () => {
  let api: Api;
  let receiver: Receiver;
  beforeEach(async () => {
    api = await Api.start({ backoff: { first: 5, longest: 20 } });
    receiver = await Receiver.start();
  });
  afterEach(async () => {
    await receiver.close();
    await api.close();
  });

  const create = async (body: Body = {}) =>
    createdWebhook.parse(await api.done('POST', HOOKS, { url: receiver.url, ...body }));
  const read = async (id: string) => webhookShape.parse(await api.done('GET', `${HOOKS}/${id}`));
  const until = (id: string, wanted: (hook: Awaited<ReturnType<typeof read>>) => boolean) =>
    eventually(() => read(id), wanted);

  it('are made with defaults, and show their secret once', async () => {
    const { status, headers, body } = await api.call('POST', HOOKS, { url: `${receiver.url}/hook` });
    const { secret, ...hook } = createdWebhook.parse(body);
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`${HOOKS}/${hook.id}`);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(hook).toMatchObject({
      url: `${receiver.url}/hook`,
      filter: {},
      maxAttempts: 20,
      timeoutSeconds: 15,
      state: 'active',
      cursor: 0,
    });
    expect(await api.done('GET', `${HOOKS}/${hook.id}`)).toEqual(hook);
    expect(webhookPage.parse(await api.done('GET', HOOKS))).toEqual({ items: [hook] });
    for (const path of [HOOKS, `${HOOKS}/${hook.id}`])
      expect(await (await api.raw('GET', path)).text()).not.toContain(secret.slice(6));
  });

  it('are listed in pages, in order of id', async () => {
    for (let i = 0; i < 3; i++) await create();
    const { items: all } = webhookPage.parse(await api.done('GET', HOOKS));
    const found: string[] = [];
    for (let more: string | undefined = ''; more !== undefined;) {
      const page = webhookPage.parse(await api.done('GET', `${HOOKS}?limit=2${more}`));
      expect(page.items.length).toBeLessThanOrEqual(2);
      found.push(...page.items.map(({ id }) => id));
      more = page.nextCursor && `&cursor=${page.nextCursor}`;
    }
    expect(found.length).toBeGreaterThanOrEqual(3);
    expect(found).toEqual(all.map(({ id }) => id).sort());
    const { nextCursor } = webhookPage.parse(await api.done('GET', `${HOOKS}?limit=1`));
    expect((await api.call('GET', `/v1/journal?cursor=${String(nextCursor)}`)).status).toBe(400);
    for (const query of ['limit=0', 'limit=1001', 'cursor=x'])
      expect((await api.call('GET', `${HOOKS}?${query}`)).status).toBe(400);
  });

  it('are changed only with the answer that is kept under a key', async () => {
    const { id } = await create();
    const changes: readonly (readonly [number, string, string, Body?])[] = [
      [201, 'POST', HOOKS, { url: receiver.url }],
      [200, 'PATCH', `${HOOKS}/${id}`, { maxAttempts: 3 }],
      [200, 'POST', `${HOOKS}/${id}/resume`, { after: 0 }],
      [200, 'DELETE', `${HOOKS}/${id}`],
    ];
    const file = new Sqlite(join(api.dataDir, LEDGER_FILE));
    for (const [expected, method, path, body] of changes) {
      const ask = () => api.call(method, path, body, { 'idempotency-key': `${method}${path}` });
      const before = await api.done('GET', HOOKS);
      file.exec("CREATE TRIGGER no_answers BEFORE INSERT ON answers BEGIN SELECT RAISE(ABORT, 'no answers'); END");
      expect([(await ask()).status, await api.done('GET', HOOKS)]).toEqual([503, before]);
      file.exec('DROP TRIGGER no_answers');
      const [first, second] = [await ask(), await ask()];
      expect([first.status, first.headers.get('idempotency-replayed')]).toEqual([expected, null]);
      expect([second.status, second.headers.get('idempotency-replayed')]).toEqual([expected, 'true']);
      expect([second.body, second.headers.get('location')]).toEqual([first.body, first.headers.get('location')]);
    }
    file.close();
    expect((await api.done('GET', HOOKS))['items']).toHaveLength(1);
  });

  it('get records as CloudEvents, signed by Standard Webhooks', async () => {
    const { id, secret } = await create();
    await api.machine('m');
    await receiver.until(3);
    const { items } = (await api.done('GET', '/v1/journal')) as { items: object[] };
    for (const [i, { headers, body }] of receiver.received.entries()) {
      expect(headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
      expect(headers['webhook-id']).toBe(`${id}_${i + 1}`);
      const timestamp = String(headers['webhook-timestamp']);
      expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(60);
      const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
      const signature = createHmac('sha256', key)
        .update(`${id}_${i + 1}.${timestamp}.${body}`)
        .digest('base64');
      expect(headers['webhook-signature']).toBe(`v1,${signature}`);
      expect(cloudEventShape.parse(JSON.parse(body)).data).toEqual(items[i]);
    }
  });

  it('answer their filter as it was given, and deliver by it', async () => {
    const filter = {
      vm: 'm',
      type: 'create_vcpu',
      outcome: 'refused',
      actor: 'local',
      from: '2026-01-01T00:00:00.000Z',
      to: '2999-01-01T00:00:00.000Z',
    };
    const hook = await create({ filter, description: 'refused vCPUs' });
    expect(hook).toMatchObject({ filter, description: 'refused vCPUs' });
    const range = await create({ filter: { gpa: 4096, size: '0x1000' } });
    expect(range.filter).toEqual({ gpa: '0x1000', size: '0x1000' });
    await api.machine('m');
    await api.call('POST', '/v1/vms/m/vcpus', { id: 0 });
    await until(hook.id, ({ cursor }) => cursor === 4);
    expect(receiver.positions).toEqual([4]);
  });

  it('can be changed, field by field', async () => {
    const { secret: _, ...hook } = await create({ description: 'a', filter: { vm: 'x' } });
    const change = (body: Body) => api.done('PATCH', `${HOOKS}/${hook.id}`, body);
    expect(await change({})).toEqual(hook);
    expect(await change({ description: 'b', maxAttempts: 2 })).toEqual({ ...hook, description: 'b', maxAttempts: 2 });
    expect(await change({ filter: {}, timeoutSeconds: 1 })).toMatchObject({
      filter: {},
      timeoutSeconds: 1,
      description: 'b',
    });
    expect(await change({ url: `${receiver.url}/2` })).toMatchObject({ url: `${receiver.url}/2`, maxAttempts: 2 });
  });

  it('are dead letters when nobody takes them: seen, and resumed', async () => {
    receiver.answer = 503;
    const hook = await create({ maxAttempts: 2 });
    await api.machine('m');
    const dead = await until(hook.id, ({ state, failure }) => state === 'dead' || (failure?.attempts ?? 0) > 2);
    expect(dead).toMatchObject({
      state: 'dead',
      cursor: 0,
      failure: { position: 1, attempts: 2, reason: 'it was answered 503', status: 503 },
    });
    receiver.answer = 200;
    const resumed = webhookShape.parse(await api.done('POST', `${HOOKS}/${hook.id}/resume`, {}));
    expect(resumed).not.toHaveProperty('failure');
    await until(hook.id, ({ cursor }) => cursor === 3);
    expect(receiver.positions).toEqual([1, 1, 1, 2, 3]);
    await api.done('POST', `${HOOKS}/${hook.id}/resume`, { after: 2 });
    await until(hook.id, ({ cursor }) => cursor === 3);
    expect(receiver.positions).toEqual([1, 1, 1, 2, 3, 3]);
  });

  it('are removed', async () => {
    const { secret: _, ...hook } = await create();
    expect(await api.done('DELETE', `${HOOKS}/${hook.id}`)).toEqual(hook);
    expect((await api.call('GET', `${HOOKS}/${hook.id}`)).status).toBe(404);
    await api.machine('m');
    expect(receiver.received).toEqual([]);
  });

  it.each(['GET', 'PATCH', 'DELETE', 'POST'])('%s of an unknown one is 404', async (method) => {
    const path = `${HOOKS}/none${method === 'POST' ? '/resume' : ''}`;
    const { status, body } = await api.call(method, path, method === 'GET' ? undefined : {});
    expect([status, body['type'], body['detail']]).toEqual([
      404,
      'urn:vmledger:problem:unknown-webhook',
      'there is no webhook none',
    ]);
  });

  const bad: readonly [string, Body, string][] = [
    ['no URL', { url: undefined }, 'url: '],
    ['a URL that is none', { url: 'example.com/x' }, 'url: '],
    ['a URL of another scheme', { url: 'ftp://127.0.0.1/' }, 'url: '],
    ['a file', { url: 'file:///etc/passwd' }, 'url: '],
    ['a URL with a password', { url: 'http://user:pass@127.0.0.1/' }, 'url: must not hold a user or a password'],
    ['a URL with a space before it', { url: ' http://127.0.0.1/' }, 'url: must not hold spaces'],
    ['a URL with a line break', { url: 'ht\ntp://127.0.0.1/' }, 'url: must not hold spaces'],
    ['a URL with a fragment', { url: 'http://127.0.0.1/#x' }, 'url: must not have a fragment'],
    ['too long a URL', { url: `http://127.0.0.1/${'x'.repeat(2048)}` }, 'url: '],
    ['an unknown field', { secret: 'whsec_x' }, 'secret: '],
    ['an unknown filter', { filter: { colour: 'red' } }, 'filter.colour: '],
    ['a filter of an unknown type', { filter: { type: 'reboot' } }, 'filter.type: '],
    ['a range without its begin', { filter: { size: 1 } }, 'filter.size: '],
    ['a range beyond 2^64', { filter: { gpa: '0xffffffffffffffff', size: 2 } }, 'filter.size: '],
    ['a time without a zone', { filter: { from: '2026-01-01T00:00:00' } }, 'filter.from: '],
    ['no attempt', { maxAttempts: 0 }, 'maxAttempts: '],
    ['too long a time', { timeoutSeconds: 31 }, 'timeoutSeconds: '],
    ['a position that is to come', { after: 1 }, 'after: is beyond 0'],
    ['too long a description', { description: 'x'.repeat(256) }, 'description: '],
  ];

  it.each(bad)('are not made with %s', async (_what, body, detail) => {
    const { status, body: problem } = await api.call('POST', HOOKS, { url: receiver.url, ...body });
    expect([status, problem['detail']]).toEqual([400, expect.stringContaining(detail)]);
    expect(api.service.webhooks.list()).toEqual([]);
  });

  it.each(bad.filter(([what]) => what !== 'no URL'))('are not changed to %s', async (_what, body, detail) => {
    const hook = await create();
    const change = await api.call('PATCH', `${HOOKS}/${hook.id}`, body);
    expect([change.status, change.body['detail']]).toEqual([
      400,
      expect.stringContaining('after' in body ? 'after: ' : detail),
    ]);
    expect(await read(hook.id)).toMatchObject({ url: hook.url, filter: {}, maxAttempts: 20 });
  });

  it('are not resumed after a position that is to come', async () => {
    const { id } = await create();
    const { status, body } = await api.call('POST', `${HOOKS}/${id}/resume`, { after: 7 });
    expect([status, body['detail']]).toEqual([400, 'after: is beyond 0, the end of the journal']);
  });

  it('are limited in number', async () => {
    for (let i = 0; i < 100; i++) await create();
    const { status, body } = await api.call('POST', HOOKS, { url: receiver.url });
    expect([status, body['type']]).toEqual([409, 'urn:vmledger:problem:too-many-webhooks']);
  });
});
