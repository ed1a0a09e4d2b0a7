import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventClient } from '../support/events.js';
import { eventually } from '../support/eventually.js';
import { type ServiceProcess, startProcess } from '../support/process.js';
import { Receiver } from '../support/receiver.js';

const ROUNDS = 3;
const WRITERS = 4;

describe('webhooks of a service that is killed and told to end', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'webhook-crash-'));
  let service: ServiceProcess;
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await Receiver.start();
  });
  afterAll(async () => {
    await service.end('SIGKILL');
    await receiver.close();
    rmSync(dataDir, { recursive: true });
  });

  const call = async (method: string, path: string, body?: unknown) => {
    const request =
      body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(`${service.url}${path}`, { method, ...request });
    return (await response.json()) as Record<string, unknown>;
  };

  /** Makes VMs until the service is gone. */
  async function writer(): Promise<void> {
    try {
      for (;;) await call('POST', '/v1/vms', { arch: 's390x' });
    } catch (error) {
      if ((error as Error).name !== 'TypeError') throw error; // fetch failed
    }
  }

  const headOf = async (): Promise<number> => Number((await call('POST', '/v1/vms', { arch: 's390x' }))['position']);

  it('miss nothing, and at most repeat what was delivered last, as it was', async () => {
    service = await startProcess(dataDir);
    const { id } = await call('POST', '/v1/webhooks', { url: receiver.url });
    for (let round = 0; round < ROUNDS; round++) {
      const writers = Array.from({ length: WRITERS }, writer);
      await receiver.until(receiver.received.length + 50);
      await sleep(37 * round);
      expect(await service.end('SIGKILL')).toBeNull();
      await Promise.all(writers);
      service = await startProcess(dataDir);
    }
    const head = await headOf();
    const hook = () => call('GET', `/v1/webhooks/${String(id)}`);
    await eventually(hook, ({ cursor }) => Number(cursor) >= head);

    const { positions, received } = receiver;
    // In order, but for a step back each time that the service was killed.
    const back = positions.filter((position, i) => i > 0 && position !== (positions[i - 1] ?? 0) + 1);
    expect(back.length).toBeLessThanOrEqual(ROUNDS);
    expect([...new Set(positions)].sort((a, b) => a - b)).toEqual(Array.from({ length: head }, (_, i) => i + 1));
    const first = new Map(
      received.map(({ position, body, headers }) => [position, { body, id: headers['webhook-id'] }]),
    );
    for (const { position, body, headers } of received)
      expect({ body, id: headers['webhook-id'] }).toEqual(first.get(position));
  }, 60_000);

  it('and open streams do not keep it, even if their receivers hang', async () => {
    receiver.answer = () => undefined;
    const client = await EventClient.open(`${service.url}/v1/journal/stream`);
    const stuck = await EventClient.open(`${service.url}/v1/journal/stream`, { 'last-event-id': '0' });
    stuck.response.pause();
    const before = receiver.received.length;
    await headOf();
    await receiver.until(before + 1);
    expect(await service.end('SIGTERM')).toBe(0);
    expect(await client.over).toBe(true);
    stuck.close();
  }, 15_000);
});
