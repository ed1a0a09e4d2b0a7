import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ServiceProcess, startProcess } from '../support/process.js';

interface Acknowledged {
  readonly vm: string;
  readonly version: number;
  readonly position: number;
}

const VMS = ['a', 'b'];
const WRITERS = 8;
const ROUNDS = 4;

const eightBytes = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
};

describe('kill -9 under concurrent writers', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'crash-'));
  let service: ServiceProcess;
  afterAll(() => rmSync(dataDir, { recursive: true }));

  const call = async (method: string, path: string, body?: unknown) => {
    const request =
      body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(`${service.url}${path}`, { method, ...request });
    return { status: response.status, body: (await response.json()) as Record<string, never> };
  };

  /** What each cell was last acknowledged to hold, and what was sent to it after that without an answer. */
  const acknowledged = new Map<string, bigint>();
  const sent = new Map<string, bigint>();
  const answers: Acknowledged[] = [];

  /** Writes counted values into a cell of its own until the service is gone. */
  async function writer(vm: string, cell: number, first: bigint): Promise<void> {
    for (let value = first; ; value++) {
      const key = `${vm}/${cell}`;
      sent.set(key, value);
      try {
        const gaddr = 4096 * cell + 8;
        const data = eightBytes(value).toString('base64');
        const { status, body } = await call('POST', `/v1/vms/${vm}/memop`, {
          op: 'absolute_write',
          gaddr,
          size: 8,
          data,
        });
        if (status !== 200) throw new Error(`a write was answered ${status}`);
        acknowledged.set(key, value);
        answers.push({ vm, version: body.version as never, position: body.position as never });
      } catch (error) {
        if ((error as Error).name === 'TypeError') return; // the connection broke: fetch failed
        throw error;
      }
    }
  }

  async function allRecords(): Promise<Acknowledged[]> {
    const records: Acknowledged[] = [];
    for (let cursor = ''; ;) {
      const { body } = await call('GET', `/v1/journal?limit=1000${cursor}`);
      records.push(...(body.items as unknown as Acknowledged[]));
      const next = body.nextCursor as unknown as string | undefined;
      if (next === undefined) return records;
      cursor = `&cursor=${next}`;
    }
  }

  it(`loses nothing that was answered, ${ROUNDS} times in a row`, async () => {
    service = await startProcess(dataDir);
    for (const id of VMS) {
      expect((await call('POST', '/v1/vms', { id, arch: 's390x' })).status).toBe(201);
      expect((await call('PUT', `/v1/vms/${id}/memslots/0`, { guestPhysAddr: 0, size: '0x100000' })).status).toBe(200);
    }
    for (let round = 0; round < ROUNDS; round++) {
      const writers = VMS.flatMap((vm) =>
        Array.from({ length: WRITERS }, (_, cell) => writer(vm, cell, (sent.get(`${vm}/${cell}`) ?? 0n) + 1n)),
      );
      for (const enough = answers.length + 10 * (round + 1); answers.length < enough;) await sleep(1);
      expect(await service.end('SIGKILL')).toBeNull();
      await Promise.all(writers);
      service = await startProcess(dataDir);

      const records = await allRecords();
      expect(records.map(({ position }) => position)).toEqual(records.map((_, i) => i + 1));
      for (const { vm, version, position } of answers)
        expect(records[position - 1]).toMatchObject({ vm, version, position });
      for (const vm of VMS) {
        const versions = records.flatMap((record) => (record.vm === vm ? [record.version] : []));
        expect(versions).toEqual(versions.map((_, i) => i + 1));
        for (let cell = 0; cell < WRITERS; cell++) {
          const { body } = await call('GET', `/v1/vms/${vm}/memory?gpa=${4096 * cell + 8}&size=8`);
          const found = Buffer.from(body.data as unknown as string, 'base64').readBigUInt64BE();
          const key = `${vm}/${cell}`;
          // A write that was on its way when the service died may have happened, and nothing later can have.
          expect([acknowledged.get(key) ?? 0n, sent.get(key) ?? 0n]).toContain(found);
        }
      }
    }

    const { body: replay } = await call('POST', '/v1/replays', {});
    for (let state = 'running'; state === 'running';) {
      await sleep(50);
      const { body } = await call('GET', `/v1/replays/${String(replay.id)}`);
      state = body.state as unknown as string;
      if (state !== 'running') expect(body).toMatchObject({ state: 'done', checked: replay.total, divergences: [] });
    }
    expect(await service.end('SIGTERM')).toBe(0);
  }, 120_000);
});
