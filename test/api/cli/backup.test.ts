import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseCheckpoint } from '../../../src/domain/audit/tlog/checkpoint.js';
import { type ServiceProcess, startProcess } from '../../support/process.js';
import { fill } from '../../infra/transfer/exports.js';
import { CLI, vmledger } from './cli.js';

const WRITERS = 8;

type Body = Record<string, unknown>;

const json = async (url: string, init?: RequestInit): Promise<Body> => (await (await fetch(url, init)).json()) as Body;

const post = (url: string, body: unknown, method = 'POST'): Promise<Body> =>
  json(url, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

const report = ({ stdout }: { readonly stdout: string }): Body => JSON.parse(stdout) as Body;

/** The divergences that a replay of everything finds. */
async function replayed(url: string): Promise<unknown> {
  const { id } = await post(`${url}/v1/replays`, {});
  for (;;) {
    const replay = await json(`${url}/v1/replays/${String(id)}`);
    if (replay['state'] !== 'running') return replay['divergences'];
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Positions and leaf hashes of the last records up to a position. */
async function recordsOf(url: string, upTo: number): Promise<unknown[]> {
  const { items } = await json(`${url}/v1/journal?after=${Math.max(0, upTo - 1000)}&limit=1000`);
  return (items as Body[])
    .filter(({ position }) => Number(position) <= upTo)
    .map(({ position, leafHash }) => [position, leafHash]);
}

describe('vmledger backup and restore', () => {
  let folder: string;
  let service: ServiceProcess | undefined;
  const at = (...names: string[]): string => join(folder, ...names);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'backup-'));
  });
  afterEach(async () => {
    await service?.end('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  /** Gives commands to a VM until it is told to stop, and one more; it takes its time after 2,000. */
  async function writer(url: string, i: number, isOver: () => boolean, answered: (position: number) => void) {
    const vm = `${url}/v1/vms/w${i}`;
    answered(Number((await post(`${url}/v1/vms`, { id: `w${i}`, arch: 's390x' }))['position']));
    await post(`${vm}/memslots/0`, { guestPhysAddr: 0, size: '0x100000' }, 'PUT');
    for (let n = 0, over = false; !over; n++) {
      over = isOver();
      if (n > 2000) await sleep(20);
      const write = { op: 'absolute_write', gaddr: 4096 * (n % 256), size: 5, data: 'aGVsbG8=' };
      answered(Number((await post(`${vm}/memop`, write))['position']));
    }
  }

  it(`while ${WRITERS} writers write: what was answered before is in it, sound, replayable, and goes on`, async () => {
    service = await startProcess(at('data'));
    const { url } = service;
    let over = false;
    let answered = 0;
    const writers = Array.from({ length: WRITERS }, (_, i) =>
      writer(
        url,
        i,
        () => over,
        (position) => (answered = Math.max(answered, position)),
      ),
    );
    while (answered < 3 * WRITERS) await new Promise((resolve) => setTimeout(resolve, 5));
    const before = answered;
    const made = await vmledger(['backup', at('backup'), '-d', at('data'), '--json']);
    over = true;
    await Promise.all(writers);
    expect([made.stderr, made.code]).toEqual(['', 0]);
    const { records, flaws } = report(made) as { records: number; flaws: unknown };
    expect(flaws).toEqual([]);
    expect(records).toBeGreaterThanOrEqual(before);
    expect([0, 3]).toContain((await vmledger(['verify', at('backup')])).code);
    expect(answered).toBeGreaterThan(records);
    const original = await recordsOf(url, records);

    // One more that is signed, after the backup.
    const { position: lost } = await post(`${url}/v1/vms`, { id: 'lost', arch: 's390x' });
    while ((await fetch(`${url}/v1/audit/proofs/${String(lost)}`)).status !== 200);
    expect(await service.end('SIGTERM')).toBe(0);
    cpSync(join(at('data'), 'log', 'checkpoint'), at('newer'));
    const old = parseCheckpoint(readFileSync(join(at('backup'), 'log', 'checkpoint'), 'utf8'));

    const rolledBack = await vmledger(['restore', at('backup'), at('again'), '-c', at('newer'), '--json']);
    expect(rolledBack.code).toBe(1);
    expect(report(rolledBack)).toMatchObject({ state: 'broken', flaws: [{ what: 'checkpoint', upTo: lost }] });
    const restored = await vmledger(['restore', at('backup'), at('again')]);
    expect([restored.stderr, restored.code]).toEqual(['', 0]);
    expect(restored.stdout).toMatch(/again: \d+ records, \d+ of them under a signed checkpoint\nroot \S+\n$/);

    service = await startProcess(at('again'));
    expect(await recordsOf(service.url, records)).toEqual(original);
    expect(await replayed(service.url)).toEqual([]);
    expect(await post(`${service.url}/v1/vms`, { arch: 's390x' })).toMatchObject({ position: records + 1 });
    expect(old?.size).toBeGreaterThan(0);
    const consistency = await fetch(`${service.url}/v1/audit/log/consistency?from=${old?.size ?? 0}&to=${records}`);
    expect(consistency.status).toBe(200);
    expect(await service.end('SIGTERM')).toBe(0);
    const checkpoint = join(at('backup'), 'log', 'checkpoint');
    expect((await vmledger(['verify', at('again'), '-c', checkpoint])).code).toBe(0);
    const told = await vmledger(['verify', at('again'), '-c', at('newer'), '--json']);
    expect(told.code).toBe(1);
    expect(report(told)).toMatchObject({ flaws: [{ what: 'checkpoint' }] });
  }, 120_000);

  it('is whole or not there when it is killed, and can be made then', async () => {
    await fill(at('data'), 5000);
    for (const [round, wait] of [0, 20, 80].entries()) {
      const to = at(`copy-${round}`);
      const child = spawn(process.execPath, [CLI, 'backup', to, '-d', at('data')], { stdio: 'ignore' });
      const exit = once(child, 'exit');
      const partial = () => readdirSync(folder).some((name) => name.startsWith(`copy-${round}.partial-`));
      while (!partial() && child.exitCode === null) await sleep(1);
      await sleep(wait);
      child.kill('SIGKILL');
      await exit;
      expect(existsSync(to)).toBe(!partial());
      if (partial()) expect((await vmledger(['backup', to, '-d', at('data')])).code).toBe(0);
      const told = await vmledger(['verify', to, '--json']);
      expect(report(told)).toMatchObject({ records: 5000, flaws: [] });
    }
  }, 60_000);

  it('says in one line what cannot be done, with 2', async () => {
    service = await startProcess(at('data'));
    expect(await service.end('SIGTERM')).toBe(0);
    mkdirSync(at('full'));
    writeFileSync(join(at('full'), 'x'), '');
    for (const args of [
      ['backup', at('full'), '-d', at('data')],
      ['backup', at('new'), '-d', at('nowhere')],
      ['backup', at('new'), '-d', at('full', 'x')],
      ['restore', at('full', 'x'), at('new')],
      ['restore', at('data'), at('full')],
      ['restore', at('nowhere'), at('new')],
      ['restore', at('data'), at('new'), '-c', at('nowhere')],
      ['restore', at('data'), at('new'), '-k', 'no key'],
      ['backup'],
    ]) {
      const { stdout, stderr, code } = await vmledger(args);
      expect([args, stdout, code]).toEqual([args, '', 2]);
      expect(stderr).toMatch(/^[^\n]+\n$/);
    }
    expect(readdirSync(folder).sort()).toEqual(['data', 'full']);
  }, 60_000);

  it('begins a log under a new key if it is told to', async () => {
    service = await startProcess(at('data'));
    await post(`${service.url}/v1/vms`, { arch: 's390x' });
    expect(await service.end('SIGTERM')).toBe(0);
    expect((await vmledger(['backup', at('backup')], { DATA_DIR: at('data') })).code).toBe(0);
    expect((await vmledger(['restore', at('backup'), at('again'), '--new-log'])).code).toBe(0);
    service = await startProcess(at('again'));
    expect(await (await fetch(`${service.url}/v1/audit/log/key`)).text()).not.toBe(
      readFileSync(join(at('data'), 'log', 'vkey'), 'utf8'),
    );
    expect(await service.end('SIGTERM')).toBe(0);
    expect((await vmledger(['verify', at('again')])).code).toBe(0);
  }, 60_000);
});
