import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Api } from './support/api.js';

const EXAMPLE = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'examples', 'migration.sh');

const PAGES = 256;
const MIB = 4096 * PAGES;
const SLOTS = { 0: 0, 1: 2 * MIB } as const;

interface CmmaLog {
  readonly startGfn: string;
  readonly count: number;
  readonly remaining: string;
  readonly values: string;
}

describe('a guest that is migrated while it runs', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
  });
  afterAll(() => api.close());

  const put = (vm: string, path: string, body: object = {}) => api.done('PUT', `/v1/vms/${vm}/${path}`, body);
  const get = (vm: string, path: string) => api.done('GET', `/v1/vms/${vm}/${path}`);
  const guest = (body: object) => api.done('POST', '/v1/vms/source/vcpus/0/guest', body);

  const machine = async (id: string, semantics: string) => {
    await api.done('POST', '/v1/vms', { id, arch: 's390x', semantics });
    await put(id, 'attributes/mem_ctrl/enable_cmma');
    for (const [slot, guestPhysAddr] of Object.entries(SLOTS))
      await put(id, `memslots/${slot}`, { guestPhysAddr, size: MIB, flags: ['log_dirty_pages'] });
    await api.done('POST', `/v1/vms/${id}/vcpus`, { id: 0 });
  };

  const copyMemory = async (gpa: number, size: number) => {
    const { data } = await get('source', `memory?gpa=${gpa}&size=${size}`);
    await put('target', `memory?gpa=${gpa}`, { data });
  };

  /** How many pages were dirty. */
  const copyDirtyPages = async (): Promise<number> => {
    let count = 0;
    for (const slot of Object.keys(SLOTS)) {
      const { frames } = (await get('source', `memslots/${slot}/dirty-log`)) as unknown as { frames: string[] };
      for (const frame of frames) await copyMemory(Number(frame) * 4096, 4096);
      count += frames.length;
    }
    return count;
  };

  /** The runs of pages that were collected until nothing remained. */
  const copyPageStates = async (): Promise<[start: number, count: number][]> => {
    const runs: [number, number][] = [];
    for (let start = 0, remaining = 1; remaining > 0;) {
      const log = (await get('source', `cmma?startGfn=${start}&count=100`)) as unknown as CmmaLog;
      remaining = Number(log.remaining);
      if (log.count === 0) continue;
      await put('target', 'cmma', { startGfn: log.startGfn, values: log.values });
      runs.push([Number(log.startGfn), log.count]);
      start = Number(log.startGfn) + log.count;
    }
    return runs;
  };

  const both = async (path: string, field: string) => [
    (await get('source', path))[field],
    (await get('target', path))[field],
  ];

  it('arrives as it left', async () => {
    await machine('source', 'documented');
    await machine('target', 'kernel');
    const psw = { mask: '0x180000000', addr: '0x10000' };
    await api.done('PATCH', '/v1/vms/source/vcpus/0/registers', { psw, gprs: { 3: '0xabc' } });
    await guest({ instruction: 'store', gaddr: '0x10000', data: 'aGVsbG8=' });
    await guest({ instruction: 'sske', gaddr: '0x10000', key: '0x30' });
    await guest({ instruction: 'essa', gaddr: '0x20000', orc: 2 });

    await put('source', 'attributes/migration/start');
    for (const gpa of Object.values(SLOTS)) await copyMemory(gpa, MIB);
    expect(await copyPageStates()).toEqual([
      [0, 100],
      [100, 100],
      [200, 56],
      [512, 100],
      [612, 100],
      [712, 56],
    ]);

    await guest({ instruction: 'store', gaddr: '0x30ffe', data: 'd29ybGQ=' });
    await guest({ instruction: 'essa', gaddr: '0x40000', orc: 3 });
    await guest({ instruction: 'essa', gaddr: '0x41000', orc: 2 });
    await guest({ instruction: 'essa', gaddr: '0x20000', orc: 1 });
    await guest({ instruction: 'essa', gaddr: '0x200000', orc: 4 });
    expect(await copyDirtyPages()).toBe(3);
    await guest({ instruction: 'sske', gaddr: '0x30000', key: '0x48' });
    expect(await copyPageStates()).toEqual([
      [32, 1],
      [64, 2],
      [512, 1],
    ]);
    expect([await copyDirtyPages(), await copyPageStates()]).toEqual([1, []]);
    expect([await copyDirtyPages(), await copyPageStates()]).toEqual([0, []]);

    await put('source', 'attributes/migration/stop');
    const { registers } = await get('source', 'vcpus/0');
    await api.done('PATCH', '/v1/vms/target/vcpus/0/registers', registers);
    for (const gpa of Object.values(SLOTS)) {
      const range = `startGfn=${gpa / 4096}&count=${PAGES}`;
      const { keys } = await get('source', `storage-keys?${range}`);
      await put('target', 'storage-keys', { startGfn: gpa / 4096, keys });
      for (const [path, field] of [
        [`memory?gpa=${gpa}&size=${MIB}`, 'data'],
        [`cmma?${range}&peek=true`, 'values'],
        [`storage-keys?${range}`, 'keys'],
        ['vcpus/0', 'registers'],
      ] as const) {
        const [source, target] = await both(path, field);
        expect(target).toEqual(source);
      }
    }
    const { values } = await get('target', 'cmma?startGfn=64&count=2&peek=true');
    expect(values).toBe(Buffer.of(3, 1).toString('base64'));
    expect((await api.call('GET', '/v1/vms/source/cmma?startGfn=0&count=1')).body['errno']).toBe('EINVAL');
  }, 60_000);

  it('is what the example does', async () => {
    const example = spawn('bash', [EXAMPLE], {
      env: { ...process.env, VMLEDGER: api.url },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const output = text(example.stdout);
    expect(await once(example, 'exit')).toEqual([0, null]);
    expect((await output).trimEnd().split('\n')).toEqual([
      'migration mode: 0x1',
      'page states, first round: 4 runs',
      'round 1: 3 pages, 2 runs of page states',
      'round 2: 0 pages, 0 runs of page states',
      'memory: equal',
      'page states: equal',
      'storage keys: equal',
      'registers: equal',
    ]);
  }, 120_000);
});
