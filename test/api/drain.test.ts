import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, type ServerResponse, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json, text } from 'node:stream/consumers';
import { EventClient } from '../support/events.js';
import { type ServiceProcess, startProcess } from '../support/process.js';
import { Receiver } from '../support/receiver.js';
import { answerOf, connected } from './support/raw.js';

const JSON_HEADERS = { 'content-type': 'application/json' };

const post = async (url: string, body: unknown): Promise<Record<string, unknown>> =>
  (await (await fetch(url, { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify(body) })).json()) as Record<
    string,
    unknown
  >;

/** Whether anything is answered. */
const isServed = (url: string): Promise<boolean> =>
  fetch(url).then(
    async (response) => {
      await response.arrayBuffer();
      return true;
    },
    () => false,
  );

describe('a service that is told to end', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'drain-'));
  let service: ServiceProcess;
  let receiver: Receiver;
  beforeAll(async () => {
    service = await startProcess(dataDir);
    receiver = await Receiver.start();
  });
  afterAll(async () => {
    await service.end('SIGKILL');
    await receiver.close();
    rmSync(dataDir, { recursive: true });
  });

  it('is not ready, ends streams, finishes what is under way, and loses and repeats nothing', async () => {
    const held: ServerResponse[] = [];
    receiver.answer = (response) => void held.push(response);
    await post(`${service.url}/v1/webhooks`, { url: receiver.url, filter: { type: 'create_vm' } });
    const stream = await EventClient.open(`${service.url}/v1/journal/stream`, { 'last-event-id': '0' });
    await post(`${service.url}/v1/vms`, { id: 'before', arch: 's390x' });
    await stream.until(() => stream.ids.length === 1);
    await receiver.until(1);

    const probe = await connected(service.url);
    const probed = text(probe);
    await new Promise((resolve) => probe.write('GET /readyz HTTP/1.1\r\nHost: localhost\r\n', resolve));
    const slow = request(`${service.url}/v1/vms`, {
      method: 'POST',
      headers: { ...JSON_HEADERS, expect: '100-continue' },
    });
    const answered = once(slow, 'response') as Promise<[IncomingMessage]>;
    // It is waited for further below, and may fail before.
    answered.catch(() => undefined);
    // The service says that it has begun to read this one; it has the other before it.
    const isRead = once(slow, 'continue');
    slow.flushHeaders();
    await isRead;
    slow.write('{"id":"slow",');

    const ended = Promise.all([service.end('SIGTERM'), service.end('SIGTERM')]);
    expect(await stream.over).toBe(true);
    while (await isServed(`${service.url}/healthz`));
    probe.write('\r\n');
    expect(answerOf(await probed)).toMatchObject({
      status: 503,
      body: expect.stringContaining('"urn:vmledger:problem:shutting-down"') as unknown,
    });
    receiver.answer = 204;
    held[0]?.writeHead(204).end();
    slow.end('"arch":"s390x"}');
    const [answer] = await answered;
    expect(answer.statusCode).toBe(201);
    const { position } = (await json(answer)) as { position: number };
    expect(await ended).toEqual([0, 0]);

    service = await startProcess(dataDir);
    const again = await EventClient.open(`${service.url}/v1/journal/stream`, {
      'last-event-id': stream.parser.lastEventId,
    });
    await again.until(() => again.ids.length === 1);
    expect([...stream.ids, ...again.ids]).toEqual([1, position]);
    again.close();
    await receiver.until(2);
    // The last may be on its way when the service ends, and is repeated if it was not answered in time.
    expect(receiver.positions.filter((each, i, all) => each !== all[i - 1])).toEqual([1, position]);
    expect(receiver.positions.lastIndexOf(1)).toBe(0);
    expect(await service.end('SIGTERM')).toBe(0);
  }, 60_000);
});
