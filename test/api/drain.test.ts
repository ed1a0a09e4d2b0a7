import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, type ServerResponse, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json, text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
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

    const slow = request(`${service.url}/v1/vms`, { method: 'POST', headers: JSON_HEADERS });
    const answered = once(slow, 'response') as Promise<[IncomingMessage]>;
    slow.write('{"id":"slow",');
    const probe = await connected(service.url);
    const probed = text(probe);
    probe.write('GET /readyz HTTP/1.1\r\nHost: localhost\r\n');
    // Until the service has begun to read both.
    await sleep(100);

    const ended = Promise.all([service.end('SIGTERM'), service.end('SIGTERM')]);
    expect(await stream.over).toBe(true);
    await expect(fetch(`${service.url}/healthz`)).rejects.toThrow();
    probe.write('\r\n');
    expect(answerOf(await probed)).toMatchObject({
      status: 503,
      body: expect.stringContaining('"urn:vmledger:problem:shutting-down"') as unknown,
    });
    slow.end('"arch":"s390x"}');
    const [answer] = await answered;
    expect(answer.statusCode).toBe(201);
    const { position } = (await json(answer)) as { position: number };
    receiver.answer = 204;
    held[0]?.writeHead(204).end();
    expect(await ended).toEqual([0, 0]);

    service = await startProcess(dataDir);
    const again = await EventClient.open(`${service.url}/v1/journal/stream`, {
      'last-event-id': stream.parser.lastEventId,
    });
    await again.until(() => again.ids.length === 1);
    expect([...stream.ids, ...again.ids]).toEqual([1, position]);
    again.close();
    await receiver.until(2);
    expect(receiver.positions).toEqual([1, position]);
    expect(await service.end('SIGTERM')).toBe(0);
  }, 60_000);
});
