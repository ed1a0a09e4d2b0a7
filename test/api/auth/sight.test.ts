import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BehaviorSubject } from 'rxjs';
import type { Role } from '../../../src/infra/access/principal.js';
import { serviceTokens } from '../../../src/infra/access/service-tokens.js';
import { TokenStore } from '../../../src/infra/access/token-store.js';
import type { Replay, Replays } from '../../../src/infra/replays.js';
import { world } from '../../../src/infra/world.js';
import { EventClient } from '../../support/events.js';
import { eventually } from '../../support/eventually.js';
import { Api, type Body, base64 } from '../support/api.js';

interface Item {
  readonly vm: string;
  readonly id: string;
  readonly position: number;
  readonly actor: string;
}

const SLOT = { guestPhysAddr: 0, size: 4096 };
const BIG_LABELS = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`label-${i}`, 'x'.repeat(200)]));

describe('a token of one label', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'sight-'));
  const store = new TokenStore(dataDir, world);
  const clients: EventClient[] = [];
  let api: Api;

  const bearer = (actor: string, role: Role, ...labels: string[]) => ({
    authorization: `Bearer ${store.create({ actor, roles: [role], labels }).token}`,
  });
  const admin = bearer('root', 'admin');
  const a = bearer('alice', 'operator', 'team=a');
  const b = bearer('bob', 'operator', 'team=b');
  const auditor = bearer('carol', 'auditor', 'team=a');

  const items = async (path: string, headers: Record<string, string>): Promise<Item[]> => {
    const found: Item[] = [];
    for (let cursor = ''; ;) {
      const page = await api.done(
        'GET',
        `${path}${path.includes('?') ? '&' : '?'}limit=3${cursor}`,
        undefined,
        headers,
      );
      found.push(...(page['items'] as Item[]));
      if (page['nextCursor'] === undefined) return found;
      cursor = `&cursor=${page['nextCursor'] as string}`;
    }
  };

  beforeAll(async () => {
    api = await Api.start({}, { tokens: [serviceTokens(store)] });
    for (const [id, labels] of [
      ['a1', { team: 'a' }],
      ['b1', { team: 'b' }],
      ['a2', { team: 'a', ...BIG_LABELS }],
      ['none', {}],
    ] as const)
      await api.done('POST', '/v1/vms', { id, arch: 's390x', labels }, admin);
    for (let i = 0; i < 5; i++)
      for (const [id, headers] of [
        ['b1', b],
        ['a1', a],
        ['a2', a],
      ] as const)
        await api.done('PUT', `/v1/vms/${id}/memslots/${i}`, { ...SLOT, guestPhysAddr: 4096 * i }, headers);
    await api.done('DELETE', '/v1/vms/a2', undefined, a);
  });
  afterEach(() => clients.splice(0).forEach((client) => client.close()));
  afterAll(async () => {
    await api.close();
    store.close();
    rmSync(dataDir, { recursive: true });
  });

  it('lists its own VMs', async () => {
    expect((await items('/v1/vms', a)).map(({ id }) => id)).toEqual(['a1', 'a2']);
    expect((await items('/v1/vms', b)).map(({ id }) => id)).toEqual(['b1']);
    expect((await items('/v1/vms', admin)).map(({ id }) => id)).toEqual(['a1', 'a2', 'b1', 'none']);
    expect(await items('/v1/vms?label=team=b', a)).toEqual([]);
  });

  it('reads the records of its own VMs, in pages', async () => {
    const own = await items('/v1/journal', a);
    expect(own.map(({ vm }) => vm).filter((vm) => vm !== 'a1' && vm !== 'a2')).toEqual([]);
    const all = await items('/v1/journal', admin);
    expect(own).toEqual(all.filter(({ vm }) => vm.startsWith('a')));
    expect(await items('/v1/journal?vm=b1', a)).toEqual([]);
    expect(await items('/v1/journal?actor=bob', a)).toEqual([]);
  });

  it('is the actor of its records', async () => {
    const records = await items('/v1/journal', admin);
    expect([...new Set(records.map(({ vm, actor }) => `${vm} ${actor}`))].sort()).toEqual([
      'a1 alice',
      'a1 root',
      'a2 alice',
      'a2 root',
      'b1 bob',
      'b1 root',
      'none root',
    ]);
  });

  it('replays its own VMs, and sees no replay of others', async () => {
    const finished = (id: string, headers: Record<string, string>): Promise<Body> =>
      eventually(
        () => api.done('GET', `/v1/replays/${id}`, undefined, headers),
        ({ state }) => state !== 'running',
      );
    const start = (vm: string | undefined, headers: Record<string, string>) =>
      api.call('POST', '/v1/replays', { ...(vm !== undefined && { vm }) }, headers);

    const own = await start('a1', auditor);
    expect(own.status).toBe(202);
    expect(await finished(String(own.body['id']), auditor)).toMatchObject({ state: 'done', vm: 'a1', divergences: [] });

    expect((await start(undefined, auditor)).status).toBe(403);
    const [foreign, missing] = [await start('b1', auditor), await start('b2', auditor)];
    expect(foreign).toMatchObject({ status: 404, body: { type: 'urn:vmledger:problem:unknown-vm' } });
    expect({ ...foreign.body, detail: '', vm: '' }).toEqual({ ...missing.body, detail: '', vm: '' });

    for (const vm of ['b1', undefined]) {
      const theirs = await start(vm, admin);
      const path = `/v1/replays/${String(theirs.body['id'])}`;
      await finished(String(theirs.body['id']), admin);
      expect([
        (await api.call('GET', path, undefined, auditor)).status,
        (await api.call('GET', `${path}/events`, undefined, auditor)).status,
      ]).toEqual([404, 404]);
    }
    expect((await api.call('GET', `/v1/replays/${String(own.body['id'])}`, undefined, b)).status).toBe(404);
  });

  it.each([
    ['under an id of its choice', { id: 'new', arch: 's390x', labels: { team: 'a' } }, 'id: '],
    ['under the id of another, which is answered the same', { id: 'b1', arch: 's390x', labels: { team: 'a' } }, 'id: '],
    ['without its label', { arch: 's390x' }, 'labels: must have team=a'],
    ['with the label of another', { arch: 's390x', labels: { team: 'b' } }, 'labels: must have team=a'],
  ])('creates no VM %s', async (_what, body, detail) => {
    const head = await api.head();
    const { status, body: problem } = await api.call('POST', '/v1/vms', body, a);
    expect([status, problem['type'], await api.head()]).toEqual([403, 'urn:vmledger:problem:forbidden', head]);
    expect(problem['detail']).toContain(detail);
  });

  it('creates VMs with its label, which are there for it at once', async () => {
    const { id } = await api.done('POST', '/v1/vms', { arch: 's390x', labels: { team: 'a', more: 'x' } }, a);
    expect((await api.call('GET', `/v1/vms/${String(id)}`, undefined, a)).status).toBe(200);
    expect((await api.call('GET', `/v1/vms/${String(id)}`, undefined, b)).status).toBe(404);
  });

  it('finds no answer that another actor was given under the same key', async () => {
    const write = (headers: Record<string, string>, vm: string) =>
      api.call(
        'POST',
        `/v1/vms/${vm}/memop`,
        { op: 5, gaddr: 0, size: 1, data: base64('x') },
        { ...headers, 'idempotency-key': 'same' },
      );
    const answers = [await write(a, 'a1'), await write(b, 'b1'), await write(admin, 'none')];
    expect(answers.map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, null, null]);
    const rotated = bearer('alice', 'operator', 'team=a');
    expect((await write(rotated, 'a1')).headers.get('idempotency-replayed')).toBe('true');
    const elsewhere = bearer('alice', 'operator', 'team=b');
    expect((await write(elsewhere, 'a1')).status).toBe(404);
  });

  it('follows the records of its own VMs, until it is revoked', async () => {
    const { id, token } = store.create({ actor: 'erin', roles: ['reader'], labels: ['team=a'] });
    const follow = async (query: string): Promise<EventClient> => {
      const client = await EventClient.open(`${api.url}/v1/journal/stream?${query}`, {
        authorization: `Bearer ${token}`,
      });
      clients.push(client);
      expect(client.response.statusCode).toBe(200);
      return client;
    };
    const stream = await follow('after=0');
    const foreign = await follow('after=0&vm=b1&gpa=0');
    const memop = { op: 'absolute_write', gaddr: 0, size: 1, data: 'AA==' };
    await api.done('POST', '/v1/vms/b1/memop', memop, b);
    const { position } = await api.done('POST', '/v1/vms/a1/memop', memop, a);
    await stream.until(() => stream.ids.includes(Number(position)));
    const own = (await items('/v1/journal', a)).map((item) => item.position);
    expect(stream.ids).toEqual(own);
    expect(JSON.stringify(stream.events)).not.toMatch(/"b1"|\/b1/);

    store.revoke(id);
    await api.done('POST', '/v1/vms/a1/memop', memop, a);
    await stream.until(() => stream.ids.length > own.length);
    expect([stream.ids, foreign.ids]).toEqual([own, []]);
    expect(api.log).toEqual([]);
  }, 30_000);

  it('follows a replay until it is revoked', async () => {
    const { id, token } = store.create({ actor: 'fred', roles: ['auditor'], labels: ['team=a'] });
    const replay = { id: 'r', vm: 'a1', state: 'running', checked: 0, total: 9, erased: 0, divergences: [] } as const;
    const steps = new BehaviorSubject<Replay>(replay);
    const replays = { get: () => steps.value, progress: () => steps };
    const other = await Api.start({}, { tokens: [serviceTokens(store)] }, (service) => ({
      ...service,
      sight: api.service.sight,
      replays: replays as unknown as Replays,
    }));
    const headers = { authorization: `Bearer ${token}` };
    const { body } = await other.raw('GET', '/v1/replays/r/events', undefined, headers);
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    while (!text.includes('"checked":0')) text += Buffer.from((await reader.read()).value ?? []).toString();
    store.revoke(id);
    steps.next({ ...replay, checked: 5 });
    for (let rest = await reader.read(); !rest.done; rest = await reader.read())
      text += Buffer.from(rest.value).toString();
    expect(text).not.toContain('"checked":5');
    await other.close();
  });

  it('loses what it had as soon as it is revoked', async () => {
    const { id, token } = store.create({ actor: 'dave', roles: ['reader'], labels: [] });
    const read = () => api.call('GET', '/v1/vms', undefined, { authorization: `Bearer ${token}` });
    expect((await read()).status).toBe(200);
    store.revoke(id);
    expect((await read()).status).toBe(401);
  });
});
