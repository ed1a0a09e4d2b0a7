import Database from 'better-sqlite3';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LEDGER_FILE } from '../../src/infra/data-dir.js';
import { verifyLedger } from '../../src/infra/verify/verify-ledger.js';
import { type ServiceProcess, startProcess } from '../support/process.js';

type Body = Readonly<Record<string, unknown>>;

const ROUNDS = 6;
const PAGES = 40;

describe('kill -9 during an erasure', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'erasure-crash-'));
  let service: ServiceProcess;
  afterAll(() => rmSync(dataDir, { recursive: true }));

  async function call(method: string, path: string, body?: object): Promise<{ status: number; body: Body }> {
    const request =
      body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(`${service.url}/v1/${path}`, { method, ...request });
    return { status: response.status, body: (await response.json()) as Body };
  }

  async function done(method: string, path: string, body?: object): Promise<Body> {
    const answer = await call(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path} was answered ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  const isInFiles = (text: string): boolean =>
    [LEDGER_FILE, `${LEDGER_FILE}-wal`].some((name) => {
      const file = join(dataDir, name);
      return existsSync(file) && readFileSync(file).includes(text);
    });

  const pages = (text: string) =>
    Array.from({ length: PAGES }, (_, i) => ({
      gpa: 4096 * i,
      data: Buffer.alloc(4096, `${text} ${i}.`).toString('base64'),
    }));

  /** A VM that had a text in its memory, and has another now; answers the version at which it had the first. */
  async function create(vm: string, past: string, now: string): Promise<number> {
    await done('POST', 'vms', { id: vm, arch: 's390x' });
    await done('PUT', `vms/${vm}/memslots/0`, { guestPhysAddr: 0, size: '0x100000' });
    const { version } = await done('PUT', `vms/${vm}/memory`, { writes: pages(past) });
    await done('PUT', `vms/${vm}/memory`, { writes: pages(now) });
    return Number(version);
  }

  /** Takes the ledger's file, so that nothing can be written until this is closed. */
  function lock(): Database.Database {
    const other = new Database(join(dataDir, LEDGER_FILE));
    other.exec('BEGIN IMMEDIATE');
    return other;
  }
  const memory = (vm: string, version?: number) =>
    call('GET', `vms/${vm}/memory?gpa=0&size=100${version === undefined ? '' : `&version=${version}`}`);

  it(`leaves all of the data and no record, or none and a record, ${ROUNDS} times in a row`, async () => {
    service = await startProcess(dataDir);
    const outcomes = new Set<boolean>();
    for (let round = 0; round < ROUNDS; round++) {
      const vm = `vm-${round}`;
      const [past, now] = [`was here in round ${round}`, `is here in round ${round}`];
      const version = await create(vm, past, now);
      const locked = round === 0 ? lock() : undefined;
      const erasing = call('POST', 'audit/erasures', { vm, reason: 'crash' }).then(
        ({ status }) => status === 201,
        () => false,
      );
      if (round === ROUNDS - 1) await erasing;
      else await sleep(20 * round);
      expect(await service.end('SIGKILL')).toBeNull();
      const answered = await erasing;
      locked?.close();
      service = await startProcess(dataDir);

      const { items } = await done('GET', `audit/erasures?vm=${vm}`);
      const [erasure] = items as Body[];
      outcomes.add(erasure !== undefined);
      if (answered) expect(erasure).toBeDefined();
      const looked = await memory(vm, version);
      expect([looked.status, isInFiles(past)]).toEqual(erasure ? [410, false] : [200, true]);
      if (erasure) expect(looked.body['erasure']).toBe(erasure['position']);
      expect(Buffer.from(String((await memory(vm)).body['data']), 'base64').toString()).toContain(now);

      // What was not done can be done now, and what was done again.
      await done('POST', 'audit/erasures', { vm, reason: 'again' });
      expect(isInFiles(past)).toBe(false);
    }
    expect(outcomes).toEqual(new Set([false, true]));

    const replay = await done('POST', 'replays', {});
    for (let state: unknown = 'running'; state === 'running';) {
      await sleep(50);
      const body = await done('GET', `replays/${String(replay['id'])}`);
      ({ state } = body);
      if (state !== 'running') expect(body).toMatchObject({ state: 'done', checked: replay['total'], divergences: [] });
    }
    expect(await service.end('SIGTERM')).toBe(0);
    expect(verifyLedger({ file: join(dataDir, LEDGER_FILE) }).flaws).toEqual([]);
  }, 120_000);
});
