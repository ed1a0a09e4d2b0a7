import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ServiceProcess, startProcess } from '../support/process.js';

type Body = Readonly<Record<string, unknown>>;

interface Recorded {
  readonly position: number;
  readonly vm: string;
  readonly version: number;
  readonly command: { readonly type: string };
  readonly events: readonly { readonly type: string }[];
  readonly counterpart?: { readonly vm: string; readonly position: number };
}

const TOOLS = ['i-0', 'i-1'];
const ROUNDS = 4;
const TOKEN_AT = 0x10_0000;
const MEM_MAP = 32;
const MEM_UNMAP = 33;

/** What one VM's record says of sharing, and what the other's does. */
const HALVES: readonly (readonly [string, string])[] = [
  ['page_borrowed', 'page_lent'],
  ['page_returned', 'page_taken_back'],
];

describe('kill -9 while pages are mapped and unmapped', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'shared-crash-'));
  let service: ServiceProcess;
  afterAll(() => rmSync(dataDir, { recursive: true }));

  async function call(method: string, path: string, body?: object): Promise<Body> {
    const request =
      body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(`${service.url}/v1/${path}`, { method, ...request });
    const answer = (await response.json()) as Body;
    if (!response.ok) throw new Error(`${method} ${path} was answered ${JSON.stringify(answer)}`);
    return answer;
  }

  async function create(id: string): Promise<void> {
    await call('POST', 'vms', { id, arch: 'x86_64' });
    await call('PUT', `vms/${id}/memslots/0`, { guestPhysAddr: 0, size: '0x200000' });
    await call('POST', `vms/${id}/vcpus`, { id: 0 });
  }

  const hypercall = (vm: string, nr: number, ...args: number[]): Promise<Body> =>
    call('POST', `vms/${vm}/vcpus/0/hypercalls`, { nr, args });

  /** Pages that were mapped so far. */
  let mapped = 0;

  /** Maps a page of its target, stores into it, and unmaps it, over and over until the service is gone. */
  async function tool(id: string, target: string): Promise<void> {
    try {
      for (let value = 1; ; value++) {
        const { token } = await call('POST', `vms/${target}/introspection/commands`, { command: 'get_map_token' });
        await call('PUT', `vms/${id}/memory`, { gpa: TOKEN_AT, data: token });
        const { result } = await hypercall(id, MEM_MAP, TOKEN_AT, 0x5000, 0x9000);
        if (result === 0) mapped++;
        const data = Buffer.of(value & 255).toString('base64');
        await call('POST', `vms/${id}/vcpus/0/guest`, { instruction: 'store', gva: 0x9000, data });
        await hypercall(id, MEM_UNMAP, 0x9000);
      }
    } catch (error) {
      if ((error as Error).name !== 'TypeError') throw error; // the connection broke: fetch failed
    }
  }

  async function records(): Promise<Recorded[]> {
    const all: Recorded[] = [];
    for (let cursor = ''; ;) {
      const { items, nextCursor } = await call('GET', `journal?limit=1000${cursor}`);
      all.push(...(items as Recorded[]));
      if (typeof nextCursor !== 'string') return all;
      cursor = `&cursor=${nextCursor}`;
    }
  }

  const has = ({ events }: Recorded, type: string): boolean => events.some((event) => event.type === type);

  it(`leaves each fact in both ledgers or in neither, ${ROUNDS} times in a row`, async () => {
    service = await startProcess(dataDir);
    for (const id of TOOLS) {
      const target = id.replace('i', 't');
      await create(target);
      await create(id);
      await call('POST', `vms/${target}/introspection/hook`, {});
      await call('POST', `vms/${target}/introspection/allow`, { command: 'get_map_token', allow: 1 });
    }
    for (let round = 0; round < ROUNDS; round++) {
      const tools = TOOLS.map((id) => tool(id, id.replace('i', 't')));
      for (const enough = mapped + 3 + round; mapped < enough;) await sleep(7);
      expect(await service.end('SIGKILL')).toBeNull();
      await Promise.all(tools);
      service = await startProcess(dataDir);

      const all = await records();
      const at = new Map(all.map((record) => [record.position, record]));
      for (const record of all) {
        for (const [one, other] of HALVES) {
          if (!has(record, one) && !has(record, other)) continue;
          const counterpart = at.get(record.counterpart?.position ?? 0);
          expect(counterpart).toMatchObject({
            vm: record.counterpart?.vm,
            counterpart: { vm: record.vm, position: record.position },
          });
          expect(counterpart && has(counterpart, has(record, one) ? other : one)).toBe(true);
        }
      }
      // What was left mapped is so on both sides: it can be unmapped, and the end of it is recorded in both again.
      for (const id of TOOLS) {
        const [mapped, unmapped] = ['page_borrowed', 'page_returned'].map(
          (type) => all.filter((record) => record.vm === id && has(record, type)).length,
        );
        const { result } = await hypercall(id, MEM_UNMAP, 0x9000);
        expect(result).toBe(mapped === unmapped ? -14 : 0);
      }
    }
    expect((await records()).filter((record) => has(record, 'page_lent')).length).toBeGreaterThan(10);

    const replay = await call('POST', 'replays', {});
    for (let state: unknown = 'running'; state === 'running';) {
      await sleep(50);
      const body = await call('GET', `replays/${String(replay['id'])}`);
      ({ state } = body);
      if (state !== 'running') expect(body).toMatchObject({ state: 'done', checked: replay['total'], divergences: [] });
    }
    expect(await service.end('SIGTERM')).toBe(0);
  }, 120_000);
});
