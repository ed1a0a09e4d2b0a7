import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOCAL } from '../../../src/infra/access/principal.js';
import { type Service, openService } from '../../../src/infra/service.js';
import { type Webhook, type WebhookSettings, stateOf } from '../../../src/infra/webhooks/webhook.js';
import { MOST_WEBHOOKS, TooManyWebhooks, UnknownWebhook, Webhooks } from '../../../src/infra/webhooks/webhooks.js';
import { world } from '../../../src/infra/world.js';
import { eventually } from '../../support/eventually.js';
import { Receiver } from '../../support/receiver.js';
import { honest } from '../journal/drafts.js';

const backoff = { first: 4, longest: 50 };

/** Longer than any process stands still: seconds in which a receiver has to answer, milliseconds that it has left at the end. */
const AGES = 3600;
const grace = 3_600_000;

describe('webhooks', () => {
  let dataDir: string;
  let service: Service;
  let receiver: Receiver;

  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'webhooks-'));
    service = await openService({ dataDir, backoff, grace });
    receiver = await Receiver.start();
  });
  afterEach(async () => {
    await receiver.close();
    await service.close();
    rmSync(dataDir, { recursive: true });
  });

  const settings = (more: Partial<WebhookSettings> = {}): WebhookSettings => ({
    url: receiver.url,
    filter: {},
    maxAttempts: 3,
    timeout: AGES,
    ...more,
  });

  const append = async (count: number, vm = 'a', index = {}): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const { version } = await service.journal.streamHead(vm);
      await service.journal.append(honest(vm, version + 1, { index }));
    }
  };

  const upTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);

  /** Waits until a webhook is in a state that a test wants. */
  const seen = ({ id }: Webhook, wanted: (webhook: Webhook) => boolean): Promise<Webhook> =>
    eventually(() => service.webhooks.get(id), wanted);
  /** Waits until a webhook is given up; fails if it is tried more often than it may be. */
  const dead = async (webhook: Webhook): Promise<Webhook> => {
    const isOver = ({ failure, settings: { maxAttempts } }: Webhook) => (failure?.attempts ?? 0) > maxAttempts;
    const found = await seen(webhook, (now) => stateOf(now) === 'dead' || isOver(now));
    expect(stateOf(found)).toBe('dead');
    return found;
  };
  const at = (webhook: Webhook, cursor: number) => seen(webhook, (now) => now.cursor === cursor);

  const restart = async (): Promise<void> => {
    await service.close();
    service = await openService({ dataDir, backoff, grace });
  };

  it('deliver every record once, in order, from where they begin', async () => {
    await append(5);
    const all = await service.webhooks.create(LOCAL, settings({ url: `${receiver.url}/all` }), 0);
    const late = await service.webhooks.create(LOCAL, settings({ url: `${receiver.url}/late` }));
    await append(45);
    await at(all, 50);
    await at(late, 50);
    const to = (path: string) => receiver.received.filter((each) => each.path === path).map(({ position }) => position);
    expect([to('/all'), to('/late')]).toEqual([upTo(50), upTo(50).slice(5)]);
  });

  it.each<[string, WebhookSettings['filter'], readonly number[]]>([
    ['a VM', { vm: 'b' }, [4, 5, 6]],
    ['a type', { type: 'pv' }, [7]],
    ['what was refused', { outcome: 'refused' }, [8]],
    ['an actor', { actor: 'bob' }, [9]],
    ['a time', { from: '1970-01-01T00:00:01.500Z', to: '1970-01-01T00:00:01.600Z' }, [10]],
    ['guest memory', { gpa: '0x5000', size: '0x1001' }, [11, 12]],
  ])('deliver what their filter asks for: %s', async (_what, filter, expected) => {
    const webhook = await service.webhooks.create(LOCAL, settings({ filter }));
    await append(3);
    await append(3, 'b');
    await append(1, 'a', { type: 'pv' });
    await append(1, 'a', { ret: -16 });
    await append(1, 'a', { actor: 'bob' });
    await append(1, 'a', { time: 1550 });
    await append(1, 'a', { frames: { first: 5, last: 5 } });
    await append(1, 'a', { frames: { first: 6, last: 9 } });
    await append(1, 'a', { frames: { first: 7, last: 9 } });
    await at(webhook, 13);
    expect(receiver.positions).toEqual(expected);
  });

  it('try again, later each time, with the same id, until it is taken; then go on', async () => {
    receiver.answer = 500;
    const webhook = await service.webhooks.create(LOCAL, settings({ maxAttempts: 1_000_000 }));
    await append(3);
    const failing = await seen(webhook, ({ failure }) => failure !== undefined);
    expect(failing).toMatchObject({ cursor: 0, failure: { position: 1, reason: 'it was answered 500', status: 500 } });
    expect(stateOf(failing)).toBe('retrying');
    expect(Date.parse(failing.failure?.retryAt ?? '')).toBeGreaterThanOrEqual(Date.parse(failing.failure?.at ?? ''));
    await receiver.until(5);
    receiver.answer = 200;
    const done = await at(webhook, 3);
    expect(stateOf(done)).toBe('active');
    expect(receiver.positions).toEqual([...Array<number>(receiver.positions.length - 2).fill(1), 2, 3]);
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(3);
    expect(ids[0]).toBe(`${webhook.id}_1`);
  });

  it.each([
    ['answers 500', 500, 3, 'it was answered 500'],
    ['redirects', 302, 3, 'it was answered 302'],
    ['is gone', 410, 1, 'it was answered 410'],
  ])(
    'are dead once a receiver %s too often, and say so; resumed they go on',
    async (_what, status, attempts, reason) => {
      receiver.answer = status;
      const webhook = await service.webhooks.create(LOCAL, settings());
      await append(2);
      const found = await dead(webhook);
      expect(found).toMatchObject({ cursor: 0, failure: { position: 1, attempts, reason, status } });
      expect(found.failure).not.toHaveProperty('retryAt');
      expect(receiver.positions).toEqual(Array(attempts).fill(1));
      await append(1);
      await restart();
      expect(service.webhooks.get(webhook.id)).toEqual(found);
      await sleep(100);
      expect(receiver.positions).toHaveLength(attempts);

      receiver.answer = 200;
      expect(stateOf(await service.webhooks.resume(webhook.id))).toBe('active');
      await at(webhook, 3);
      expect(receiver.positions.slice(attempts)).toEqual([1, 2, 3]);
    },
  );

  it('hang on a receiver that does not answer no longer than they may, and hold up no other', async () => {
    const other = await Receiver.start();
    receiver.answer = () => undefined;
    const stuck = await service.webhooks.create(LOCAL, settings());
    const brief = await service.webhooks.create(LOCAL, settings({ maxAttempts: 1, timeout: 1 }));
    const live = await service.webhooks.create(LOCAL, settings({ url: other.url }));
    await append(20);
    await at(live, 20);
    expect(stateOf(service.webhooks.get(stuck.id))).toBe('active');
    expect(await dead(brief)).toMatchObject({ failure: { reason: 'no answer within 1 seconds' } });
    expect(other.positions).toEqual(upTo(20));
    await other.close();
  });

  it('can be resumed after another position, be it past a record that nobody takes or back', async () => {
    receiver.answer = (response, { position }) => response.writeHead(position === 2 ? 400 : 200).end();
    const webhook = await service.webhooks.create(LOCAL, settings());
    await append(4);
    await dead(webhook);
    await service.webhooks.resume(webhook.id, 2);
    await at(webhook, 4);
    expect(receiver.positions).toEqual([1, 2, 2, 2, 3, 4]);
    receiver.answer = 200;
    await service.webhooks.resume(webhook.id, 0);
    await at(webhook, 4);
    expect(receiver.positions.slice(6)).toEqual([1, 2, 3, 4]);
  });

  it('are removed: what is under way is broken off, and nothing more comes', async () => {
    receiver.answer = () => undefined;
    const webhook = await service.webhooks.create(LOCAL, settings());
    await append(3);
    await receiver.until(1);
    expect((await service.webhooks.remove(webhook.id)).id).toBe(webhook.id);
    receiver.answer = 200;
    await append(3);
    await sleep(300);
    expect(receiver.positions).toEqual([1]);
    expect(() => service.webhooks.get(webhook.id)).toThrow(UnknownWebhook);
    await expect(service.webhooks.remove(webhook.id)).rejects.toBeInstanceOf(UnknownWebhook);
    await restart();
    expect(service.webhooks.list()).toEqual([]);
  });

  it('are changed: the record under way is delivered to the new place', async () => {
    receiver.answer = (response, { path }) => (path === '/old' ? undefined : response.writeHead(200).end());
    const webhook = await service.webhooks.create(LOCAL, settings({ url: `${receiver.url}/old` }));
    await append(2);
    await receiver.until(1);
    const changed = await service.webhooks.change(webhook.id, { url: `${receiver.url}/new`, filter: { vm: 'a' } });
    expect(changed).toMatchObject({
      id: webhook.id,
      settings: { url: `${receiver.url}/new`, filter: { vm: 'a' }, timeout: AGES },
    });
    await at(webhook, 2);
    expect(receiver.received.map(({ path, position }) => [path, position])).toEqual([
      ['/old', 1],
      ['/new', 1],
      ['/new', 2],
    ]);
    await restart();
    expect(service.webhooks.get(webhook.id)).toMatchObject({ ...changed, cursor: 2 });
  });

  it('go on where they stopped after a restart, and repeat nothing', async () => {
    const webhook = await service.webhooks.create(LOCAL, settings());
    await append(10);
    await receiver.until(7);
    await restart();
    await append(5);
    await at(webhook, 15);
    expect(receiver.positions).toEqual(upTo(15));
  });

  it('wait out their delay after a restart', async () => {
    receiver.answer = (response) => response.writeHead(503, { 'retry-after': '3600' }).end();
    await service.close();
    service = await openService({ dataDir });
    const webhook = await service.webhooks.create(LOCAL, settings());
    await append(1);
    const before = await seen(webhook, ({ failure }) => failure !== undefined);
    const { at: failed = '', retryAt = '' } = before.failure ?? {};
    expect(Date.parse(retryAt) - Date.parse(failed)).toBe(3_600_000);
    await restart();
    expect(service.webhooks.get(webhook.id)).toEqual(before);
    await sleep(100);
    expect(receiver.positions).toEqual([1]);
    receiver.answer = 200;
    await service.webhooks.resume(webhook.id);
    await at(webhook, 1);
  });

  it('let a delivery that is under way be answered while the service closes', async () => {
    let answer: () => void = () => undefined;
    receiver.answer = (response) => (answer = () => response.writeHead(200).end());
    const webhook = await service.webhooks.create(LOCAL, settings());
    await append(2);
    await receiver.until(1);
    const restarted = restart();
    answer();
    await restarted;
    expect(service.webhooks.get(webhook.id).cursor).toBe(1);
  });

  it('do not keep a service that closes', async () => {
    await service.close();
    service = await openService({ dataDir, backoff });
    receiver.answer = () => undefined;
    await service.webhooks.create(LOCAL, settings());
    await append(1);
    await receiver.until(1);
    await restart();
    await receiver.until(2);
    expect(receiver.positions).toEqual([1, 1]);
  });

  it('are kept as they were changed, however long that takes', async () => {
    const done: string[] = [];
    const webhooks = await Webhooks.open({
      ...service,
      world,
      grace,
      store: {
        load: () => Promise.resolve([]),
        put: async ({ cursor }) => {
          done.push('put');
          if (done.length > 1) await sleep(500); // longer than it takes until progress is kept
          done.push(`put ${cursor}`);
        },
        advance: ([progress]) => Promise.resolve(void done.push(`at ${progress?.cursor ?? ''}`)),
        drop: () => Promise.resolve(),
      },
    });
    const { id } = await webhooks.create(LOCAL, settings(), 0);
    await append(3);
    await receiver.until(3);
    while (webhooks.get(id).cursor < 3) await sleep(1);
    expect(await webhooks.resume(id, 1)).toMatchObject({ cursor: 1 });
    await receiver.until(5);
    await webhooks.close();
    // Where the machine is slow, progress is kept more often: before the change, and after it.
    const changed = done.lastIndexOf('put');
    expect([done.slice(0, 2), done[changed + 1], done.at(-1)]).toEqual([['put', 'put 0'], 'put 1', 'at 3']);
  });

  it('are kept as they are changed by many at once', async () => {
    const webhook = await service.webhooks.create(LOCAL, settings());
    await append(20);
    await Promise.all([
      ...upTo(10).map((i) => service.webhooks.change(webhook.id, { description: `${i}` })),
      ...upTo(10).map((i) => service.webhooks.resume(webhook.id, i)),
    ]);
    await at(webhook, 20);
    await restart();
    expect(service.webhooks.get(webhook.id)).toMatchObject({ cursor: 20, settings: { description: '10' } });
    expect(receiver.positions.slice(-10)).toEqual(upTo(20).slice(10));
  });

  it('are limited in number', async () => {
    const made = await Promise.allSettled(
      Array.from({ length: MOST_WEBHOOKS + 2 }, () => service.webhooks.create(LOCAL, settings())),
    );
    const refused = made.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(2);
    for (const each of refused) expect(each).toMatchObject({ reason: expect.any(TooManyWebhooks) as unknown });
    expect(service.webhooks.list()).toHaveLength(MOST_WEBHOOKS);
    const ids = service.webhooks.list().map(({ id }) => id);
    expect(ids).toEqual([...ids].sort());
    expect(new Set(service.webhooks.list().map(({ secret }) => secret)).size).toBe(MOST_WEBHOOKS);
  });
});
