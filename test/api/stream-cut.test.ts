import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventClient } from '../support/events.js';
import { type ServiceProcess, startProcess } from '../support/process.js';

const CUTS = 200;
const WRITERS = 8;

/** After so many cuts the service is restarted, once told to end and once killed. */
const RESTARTS = new Map<number, NodeJS.Signals>([
  [70, 'SIGTERM'],
  [140, 'SIGKILL'],
]);

/** Connections that fail while the service is away. */
const isGone = (error: unknown): boolean => (error as Error).name === 'TypeError' || 'code' in (error as object);

describe('a stream that is cut again and again', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'stream-cut-'));
  let service: ServiceProcess;
  let stopped = false;
  afterAll(async () => {
    stopped = true;
    await service.end('SIGKILL');
    rmSync(dataDir, { recursive: true });
  });

  const call = async (method: string, path: string, body: unknown): Promise<number> => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${service.url}${path}`, { method, headers, body: JSON.stringify(body) });
    await response.arrayBuffer();
    return response.status;
  };

  /** Gives commands to a VM of its own until it is told to stop, also while the service restarts. */
  async function writer(i: number): Promise<void> {
    for (let round = 0; !stopped; round++) {
      try {
        if (round % 5 === 0) await call('POST', '/v1/vms', { id: `w${i}-${round}`, arch: 's390x' });
        else await call('POST', `/v1/vms/w${i}-${round - (round % 5)}/vcpus`, { id: round % 3 });
      } catch (error) {
        if (!isGone(error)) throw error;
        await sleep(20);
      }
    }
  }

  /** One connection, from the last event on, until it is cut after so many bytes or milliseconds; none if there is no service. */
  async function connection(last: string, bytes: number, milliseconds: number): Promise<EventClient | undefined> {
    try {
      const client = await EventClient.open(`${service.url}/v1/journal/stream`, { 'last-event-id': last });
      const timer = setTimeout(() => client.close(), milliseconds);
      await client.until(() => client.bytes >= bytes);
      clearTimeout(timer);
      client.close();
      return client;
    } catch (error) {
      if (!isGone(error)) throw error;
      await sleep(20);
      return undefined;
    }
  }

  async function restarted(signal: NodeJS.Signals): Promise<void> {
    expect(await service.end(signal)).toBe(signal === 'SIGTERM' ? 0 : null);
    service = await startProcess(dataDir);
  }

  it(`${CUTS} times, beside ${WRITERS} writers and two restarts, has every position once, in order`, async () => {
    service = await startProcess(dataDir);
    const writers = Array.from({ length: WRITERS }, (_, i) => writer(i));
    const ids: number[] = [];
    let restart: Promise<void> = Promise.resolve();
    let last = '0';
    for (let cut = 0; cut < CUTS || ids.length <= CUTS;) {
      const signal = RESTARTS.get(cut);
      if (signal !== undefined) {
        RESTARTS.delete(cut);
        restart = sleep(15).then(() => restarted(signal));
      }
      const client = await connection(last, Math.ceil(Math.random() * 40_000), 5 + Math.random() * 60);
      if (client === undefined) continue;
      cut++;
      ids.push(...client.ids);
      last = client.parser.lastEventId || last;
    }
    await restart;
    stopped = true;
    await Promise.all(writers);

    const rest = await EventClient.open(`${service.url}/v1/journal/stream`, { 'last-event-id': last });
    const page = await fetch(`${service.url}/v1/vms`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"arch":"s390x"}',
    });
    const { position: head } = (await page.json()) as { position: number };
    await rest.until(() => rest.ids.at(-1) === head);
    ids.push(...rest.ids);
    rest.close();
    expect([head > CUTS, RESTARTS.size]).toEqual([true, 0]);
    expect(ids).toEqual(Array.from({ length: head }, (_, i) => i + 1));
    expect(await service.end('SIGTERM')).toBe(0);
  }, 120_000);
});
