import fc from 'fast-check';
import { EMPTY, lastValueFrom } from 'rxjs';
import { stateDigest } from '../../../src/domain/audit/state-digest.js';
import { fragments } from '../../../src/domain/memory/address.js';
import { command } from '../../../src/domain/vm/command.js';
import { type Vm, fork } from '../../../src/domain/vm/state.js';
import { digester } from '../../../src/infra/digester.js';
import type { Journal } from '../../../src/infra/journal/journal.js';
import { MemoryJournal } from '../../../src/infra/journal/memory-journal.js';
import { MemorySnapshotStore } from '../../../src/infra/journal/memory-snapshot-store.js';
import { History } from '../../../src/infra/machines/history.js';
import { Machines } from '../../../src/infra/machines/machines.js';
import { Replays } from '../../../src/infra/replays.js';
import { GatedJournal } from '../support/gated-journal.js';

const TOKEN_AT = 0x8000;
const PAGES = [0x1000, 0x2000, 0x3000] as const;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** The first bytes of each page, as the VM has them. */
const pagesOf = (vm: Vm): string => PAGES.map((gpa) => hex(vm.memory.read(fragments(BigInt(gpa), 2)))).join(' ');

/** Machines whose clock stands still, so that no token expires. */
class Town {
  readonly snapshots = new MemorySnapshotStore();
  readonly history: History;
  readonly machines: Machines;
  readonly replays: Replays;
  private made = 0;

  constructor(readonly journal: Journal) {
    const world = {
      now: () => new Date(1000),
      random: (size: number) => new Uint8Array(size).fill(++this.made),
      newId: () => `id-${++this.made}`,
    };
    this.history = new History(journal, this.snapshots);
    this.machines = new Machines(journal, this.history, world);
    this.replays = new Replays(journal, this.history, world);
  }

  async run(vm: string, input: object): Promise<{ version: number; position: number; reply: Record<string, unknown> }> {
    const request = { vm, command: command.parse(input), actor: 'test', requestId: 'r' };
    const { version, position, decision } = await this.machines.submit(request);
    return { version, position, reply: { ...decision.reply, ret: decision.ret } };
  }

  async create(...vms: readonly string[]): Promise<void> {
    for (const vm of vms) {
      await this.run(vm, { type: 'create_vm', arch: 'x86_64' });
      await this.run(vm, { type: 'set_user_memory_region', slot: 0, guestPhysAddr: 0, size: 0x10000 });
      await this.run(vm, { type: 'create_vcpu', id: 0 });
      await this.run(vm, { type: 'introspection_hook' });
      await this.run(vm, { type: 'introspection_allow', command: 'get_map_token', allow: 1 });
    }
  }

  write(vm: string, gpa: number, ...bytes: readonly number[]) {
    const extents = [{ gpa, size: bytes.length }];
    return this.run(vm, { type: 'write_memory', extents, data: base64(Uint8Array.from(bytes)) });
  }

  hypercall(vm: string, nr: number, ...args: readonly number[]) {
    return this.run(vm, { type: 'x86_hypercall', vcpu: 0, nr, args });
  }

  /** Maps a page of one VM into another. */
  async map(from: string, to: string, page: number, as: number) {
    const { secret, commitment } = this.machines.newToken();
    await this.run(from, { type: 'introspection_command', command: 'get_map_token', token: commitment });
    await this.write(to, TOKEN_AT, ...secret);
    return this.hypercall(to, 32, TOKEN_AT, page, as);
  }

  /** A VM as a reader of the journal alone rebuilds it. */
  async past(vm: string, version?: number): Promise<Vm> {
    const { vm: found } = await this.history.load(vm, version);
    if (found === undefined) throw new Error(`there is no ${vm}`);
    return found;
  }

  /** The end of a replay of one VM, or of all. */
  async replay(vm?: string): Promise<unknown> {
    const { id } = await this.replays.start(vm);
    return lastValueFrom(this.replays.progress(id) ?? EMPTY);
  }

  async keep(vm: string, version: number): Promise<void> {
    const { vm: found, position } = await this.history.load(vm, version);
    if (found) await this.history.keep(fork(found), position);
  }
}

const VMS = ['a', 'b', 'c'] as const;
const vm = fc.constantFrom(...VMS);
const page = fc.constantFrom(...PAGES);

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('write' as const), vm, page, byte: fc.nat(255) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('map' as const), vm, to: vm, page, as: page }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('unmap' as const), vm, page }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('keep' as const), vm, back: fc.nat(6) }) },
);

describe('VMs that share pages', () => {
  it('are rebuilt as they were at every version, whatever snapshots there are, and replay', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 20 }), async (steps) => {
        const town = new Town(new MemoryJournal());
        await town.create(...VMS);
        const seen: (readonly [vm: string, version: number, pages: string])[] = [];
        for (const next of steps) {
          if (next.kind === 'write') await town.write(next.vm, next.page, next.byte, 0xff);
          else if (next.kind === 'map') await town.map(next.vm, next.to, next.page, next.as);
          else if (next.kind === 'unmap') await town.hypercall(next.vm, 33, next.page);
          else await town.keep(next.vm, Math.max(1, (await town.past(next.vm)).ledger.version - next.back));
          const each = PAGES.map((gpa) => town.run(next.vm, { type: 'read_memory', gpa, size: 2 }));
          const read = await Promise.all(each);
          const pages = read.map(({ reply }) => hex(reply['data'] as Uint8Array)).join(' ');
          seen.push([next.vm, read.at(-1)?.version ?? 0, pages]);
        }
        for (const [id, version, pages] of seen) expect(pagesOf(await town.past(id, version))).toBe(pages);
        for (const { vm: id, version, position } of await town.journal.streams('', 10)) {
          const [record] = await town.journal.read({ after: position - 1, limit: 1 });
          const text = new TextDecoder().decode(record?.bytes);
          expect(text).toContain(hex(stateDigest(await town.past(id, version), digester)));
        }
        expect(await town.replay()).toMatchObject({ state: 'done', divergences: [] });
      }),
      { numRuns: 25 },
    );
  }, 90_000);

  it('have what was stored in their pages by one that gave them back before its last snapshot', async () => {
    const town = new Town(new MemoryJournal());
    await town.create('a', 'b');
    await town.map('a', 'b', 0x1000, 0x2000);
    await town.write('b', 0x2000, 7, 8);
    await town.hypercall('b', 33, 0x2000);
    const { version } = await town.write('b', 0x3000, 1);
    await town.keep('b', version);
    expect(pagesOf(await town.past('a'))).toMatch(/^0708/);
    expect(pagesOf(await town.past('b'))).toMatch(/ 0100$/);
  });

  it('see each other through lanes that were forgotten in between', async () => {
    const town = new Town(new MemoryJournal());
    await town.create('a', 'b');
    await town.map('a', 'b', 0x1000, 0x2000);
    await town.write('b', 0x2000, 7);
    for (let i = 0; i < 70; i++) await town.run(`other-${i}`, { type: 'create_vm', arch: 'x86_64' });
    expect((await town.run('a', { type: 'read_memory', gpa: 0x1000, size: 1 })).reply).toMatchObject({
      data: Uint8Array.of(7),
    });
  });

  it('lose together what never became durable', async () => {
    const journal = new GatedJournal();
    const town = new Town(journal);
    await town.create('a', 'b');
    await town.map('a', 'b', 0x1000, 0x2000);
    await town.write('a', 0x1000, 1);
    journal.next('full');
    await expect(town.write('b', 0x2000, 2)).rejects.toMatchObject({ fault: 'full' });
    expect(pagesOf(await town.past('a'))).toMatch(/^0100/);
    expect((await town.run('a', { type: 'read_memory', gpa: 0x1000, size: 1 })).reply).toMatchObject({
      data: Uint8Array.of(1),
    });
  });

  it('both stay as they were when a mapping does not become durable', async () => {
    const journal = new GatedJournal();
    const town = new Town(journal);
    await town.create('a', 'b');
    await town.write('b', 0x2000, 9);
    journal.next(undefined, undefined, 'full');
    await expect(town.map('a', 'b', 0x1000, 0x2000)).rejects.toMatchObject({ fault: 'full' });
    expect((await town.run('b', { type: 'read_memory', gpa: 0x2000, size: 1 })).reply).toMatchObject({
      data: Uint8Array.of(9),
    });
    expect((await town.hypercall('b', 32, TOKEN_AT, 0x1000, 0x2000)).reply).toMatchObject({ result: 0 });
  });

  it('take commands at once from many clients of both', async () => {
    const town = new Town(new MemoryJournal());
    await town.create('a', 'b');
    await town.map('a', 'b', 0x1000, 0x2000);
    const writes = Array.from({ length: 40 }, (_, i) =>
      town.write(i % 2 === 0 ? 'a' : 'b', i % 2 === 0 ? 0x1000 : 0x2000, i),
    );
    const last = (await Promise.all(writes)).reduce((a, b) => (b.position > a.position ? b : a));
    const [record] = await town.journal.read({ after: last.position - 1, limit: 1 });
    const data = await town.journal.data(record?.position ?? 0);
    const { reply } = await town.run('a', { type: 'read_memory', gpa: 0x1000, size: 1 });
    expect(reply).toMatchObject({ data: data[0]?.bytes });
    expect(await town.replay('a')).toMatchObject({ state: 'done', divergences: [] });
  });

  it('that lend to each other end with one record for the other', async () => {
    const town = new Town(new MemoryJournal());
    await town.create('a', 'b');
    await town.map('a', 'b', 0x1000, 0x3000);
    await town.map('b', 'a', 0x2000, 0x3000);
    await town.write('a', 0x3000, 5);
    const { version } = await town.run('a', { type: 'destroy_vm' });
    expect(version).toBeGreaterThan(0);
    const b = await town.past('b');
    expect([pagesOf(b), b.memory.remote.size, 'lent' in b]).toEqual(['0000 0500 0000', 0, false]);
    expect(await town.replay()).toMatchObject({ state: 'done', divergences: [] });
  });

  it('do not give up a page that is lent for another one', async () => {
    const town = new Town(new MemoryJournal());
    await town.create('a', 'b', 'c');
    await town.write('a', 0x1000, 7);
    await town.map('a', 'b', 0x1000, 0x2000);
    expect((await town.map('c', 'a', 0x1000, 0x1000)).reply).toMatchObject({ result: -14, cause: 'EINVAL' });
    expect(pagesOf(await town.past('b'))).toBe('0000 0700 0000');
  });

  it('know after a restart who issued a token', async () => {
    const journal = new MemoryJournal();
    const town = new Town(journal);
    await town.create('a', 'b');
    const { secret, commitment } = town.machines.newToken();
    await town.run('a', { type: 'introspection_command', command: 'get_map_token', token: commitment });
    await town.write('b', TOKEN_AT, ...secret);
    const again = new Town(journal);
    await again.machines.recall();
    expect((await again.hypercall('b', 32, TOKEN_AT, 0x1000, 0x2000)).reply).toMatchObject({ result: 0 });
  });

  it('find a token that lies in a page which is shared itself', async () => {
    const town = new Town(new MemoryJournal());
    await town.create('a', 'b', 'c');
    await town.map('a', 'b', 0x1000, 0x2000);
    const { secret, commitment } = town.machines.newToken();
    await town.run('c', { type: 'introspection_command', command: 'get_map_token', token: commitment });
    await town.write('a', 0x1000, ...secret);
    expect((await town.hypercall('b', 32, 0x2000, 0x1000, 0x3000)).reply).toMatchObject({ result: 0 });
    expect(await town.replay()).toMatchObject({ state: 'done', divergences: [] });
  });
});
