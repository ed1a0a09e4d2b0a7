import Database from 'better-sqlite3';
import fc from 'fast-check';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventsOf } from '../../../src/domain/audit/open-record.js';
import { parseBody } from '../../../src/domain/audit/record.js';
import { fragments } from '../../../src/domain/memory/address.js';
import { applyEntry } from '../../../src/domain/vm/folds/apply.js';
import type { Vm } from '../../../src/domain/vm/state.js';
import type { FoundAccess } from '../../../src/infra/accesses/search.js';
import { LEDGER_FILE } from '../../../src/infra/data-dir.js';
import { eventually } from '../../support/eventually.js';
import { Town } from './town.js';

const SIZE = 0x10000;
const PAGES = [0x1000, 0x2000, 0x3000] as const;
const VMS = ['a', 'b', 'c'] as const;

const short = ({ position, n, vm, kind, body }: FoundAccess): string =>
  `${position}.${n} ${vm} ${kind} ${body.resolved.map(({ absolute, size }) => `${absolute}+${size}`).join(' ')}`;

/** Everything that the index answers. */
async function everything(town: Town): Promise<unknown> {
  const accesses = await town.search({});
  const byVm = await Promise.all(VMS.map((vm) => town.search({ vm })));
  const byPage = await Promise.all(
    VMS.flatMap((vm) => PAGES.map((gpa) => town.search({ vm, gpa: BigInt(gpa), size: 4096n }))),
  );
  const blamed = await Promise.all(VMS.map((vm) => town.blame(vm, 0, SIZE)));
  return { accesses, byVm, byPage, blamed };
}

/** A model that writes byte by byte, as records are folded one after the other: who wrote each byte of each VMM's page. */
class Naive {
  private readonly vms = new Map<string, Vm>();
  private readonly bytes = new Map<string, number>();

  async replay(town: Town, upTo: number): Promise<this> {
    for (const { bytes, position } of await town.service.journal.read({ after: 0, limit: 100_000 })) {
      if (position > upTo) break;
      const body = parseBody(bytes);
      const data = await town.service.journal.data(position);
      const events = eventsOf(body, new Map(data.map(({ role, bytes: content }) => [role, content])));
      const { vm: id } = body;
      for (const event of events) {
        const before = this.vms.get(id);
        if ('parts' in event && 'data' in event && before)
          for (const { absolute, size } of event.parts)
            for (let i = 0n; i < size; i++) this.wrote(before, absolute + i, position);
        if (event.type === 'page_borrowed' || event.type === 'page_returned' || event.type === 'page_discarded')
          this.wrotePage(id, event.page, position);
        if (event.type === 'pages_lost' && before)
          for (const [page, { vm }] of before.memory.remote)
            if (vm === event.lender) this.wrotePage(id, page, position);
        const withPages = before && 'parts' in event ? before : undefined;
        if (withPages) continue;
        const after = applyEntry(before, { vm: id, version: 1, time: body.time, events: [event] });
        if (after) this.vms.set(id, after);
      }
    }
    return this;
  }

  /** Who wrote a byte last; undefined where nobody did, null where no slot is. */
  by(vm: string, address: number): number | undefined | null {
    const place = this.place(this.vms.get(vm), BigInt(address));
    return place === undefined ? null : this.bytes.get(place);
  }

  private wrote(vm: Vm, address: bigint, position: number): void {
    const place = this.place(vm, address);
    if (place !== undefined) this.bytes.set(place, position);
  }

  private wrotePage(vm: string, page: number, position: number): void {
    for (let offset = 0; offset < 4096; offset++) this.bytes.set(`${vm} ${page} ${offset}`, position);
  }

  private place(vm: Vm | undefined, address: bigint): string | undefined {
    const [at] = fragments(address, 1);
    const page = at && vm?.memory.pageOf(at.frame);
    if (vm === undefined || at === undefined || page === undefined) return undefined;
    const from = vm.memory.remote.get(page) ?? { vm: vm.id, page };
    return `${from.vm} ${from.page} ${at.offset}`;
  }
}

const vm = fc.constantFrom(...VMS);
const page = fc.constantFrom(...PAGES);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      vm,
      gpa: fc.tuple(page, fc.constantFrom(0, 1, 2047, 4090)).map(([base, offset]) => base + offset),
      size: fc.constantFrom(1, 4, 16, 5000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('read' as const), vm, page }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('map' as const), vm, to: vm, page, as: page }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('unmap' as const), vm, page }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('slot' as const),
      vm,
      slot: fc.constantFrom(1, 2),
      at: fc.constantFrom(0x10000, 0x14000),
      size: fc.constantFrom(0, 0x4000),
      user: fc.constantFrom(0, 0x2000, 0x100000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('destroy' as const), vm: fc.constant('c' as const) }) },
);

async function live(town: Town, steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[]) {
  for (const next of steps) {
    if (next.kind === 'write') await town.write(next.vm, next.gpa, new Uint8Array(next.size).fill(7));
    else if (next.kind === 'read') await town.read(next.vm, next.page, 8);
    else if (next.kind === 'map') await town.map(next.vm, next.to, next.page, next.as);
    else if (next.kind === 'unmap') await town.unmap(next.vm, next.page);
    else if (next.kind === 'slot') {
      const { slot, at, size, user } = next;
      const region = { slot, guestPhysAddr: at, size, ...(size > 0 && { userspaceAddr: user }) };
      await town.run(next.vm, { type: 'set_user_memory_region', ...region });
    } else await town.run(next.vm, { type: 'destroy_vm' });
  }
}

describe('the index of accesses', () => {
  it('blames whom a model blames that replays writes byte by byte, and is the same when it is made again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 20 }), async (steps) => {
        const town = await Town.open();
        try {
          await town.create(...VMS);
          const half = Math.floor(steps.length / 2);
          await live(town, steps.slice(0, half));
          const middle = await town.service.journal.head();
          if (half % 2 === 0) await town.search({});
          await live(town, steps.slice(half));
          const last = await town.service.journal.head();
          for (const position of [middle, last]) {
            const naive = await new Naive().replay(town, position);
            for (const id of VMS) {
              const runs = await town.blame(id, 0, 0x18000, position);
              let at = 0;
              const wrong: unknown[] = [];
              for (const { absolute, size, backed, write } of runs) {
                expect(Number(absolute)).toBe(at);
                const blamed = backed ? write?.position : null;
                for (let byte = at; byte < at + size; byte += byte % 4096 > 4000 || byte % 4096 < 20 ? 1 : 13)
                  if (naive.by(id, byte) !== blamed) wrong.push([id, byte, blamed, naive.by(id, byte)]);
                at += size;
              }
              expect(wrong).toEqual([]);
              expect(at).toBe(0x18000);
            }
          }
          const before = await everything(town);
          await town.restart();
          expect(await everything(town)).toEqual(before);
          await town.restart(() => rmSync(town.indexFile, { force: true }));
          expect(await everything(town)).toEqual(before);
        } finally {
          await town.close();
        }
      }),
      // A ledger is made at each step towards a smaller example: the first one has to do.
      { numRuns: 8, endOnFailure: true },
    );
  }, 120_000);

  describe('of VMs that share a page', () => {
    let town: Town;
    beforeAll(async () => {
      town = await Town.open();
      await town.create(...VMS);
      await town.map('a', 'b', 0x1000, 0x2000);
    });
    afterAll(() => town.close());

    it('finds an access under both, with the place in the other', async () => {
      const { position } = await town.write('b', 0x2004, Uint8Array.of(1, 2));
      const [own] = (await town.search({ vm: 'b', gpa: 0x2005n })).slice(-1);
      expect(own).toMatchObject({
        position,
        vm: 'b',
        kind: 'write',
        body: { shared: [{ vm: 'a', absolute: '0x1004', size: 2 }] },
      });
      expect((await town.search({ vm: 'a', gpa: 0x1005n })).at(-1)).toEqual(own);
      expect((await town.search({ vm: 'a' })).at(-1)).toEqual(own);
      expect((await town.search({ vm: 'a', gpa: 0x1006n })).at(-1)).not.toEqual(own);
      expect((await town.search({ vm: 'c' })).some((each) => each.position === position)).toBe(false);
      expect(await town.blame('a', 0x1004, 2)).toMatchObject([{ size: 2, write: { position }, by: { vm: 'b' } }]);
    });

    it('finds an access of the past where the page was then', async () => {
      const before = await town.read('b', 0x2000, 1);
      await town.unmap('b', 0x2000);
      const { position } = await town.read('b', 0x2000, 1, { asOf: before.version });
      expect((await town.search({ vm: 'a', gpa: 0x1000n })).at(-1)).toMatchObject({
        position,
        body: { asOf: before.version },
      });
      const now = await town.read('b', 0x2000, 1);
      expect((await town.search({ vm: 'a', gpa: 0x1000n })).at(-1)?.position).not.toBe(now.position);
    });
  });

  describe('of one VM', () => {
    let town: Town;
    beforeAll(async () => {
      town = await Town.open();
      await town.create('a', 'b');
      for (let i = 0; i < 40; i++)
        await town.write('a', 0x1000 + 8 * i, Uint8Array.of(i), i % 2 === 0 ? 'even' : 'odd');
      await town.read('a', 0, 0x10000);
      await town.read('b', 0x1000, 1);
      await town.read('a', 0x7fff0000, 8);
    });
    afterAll(() => town.close());

    it.each<[what: string, query: Parameters<Town['search']>[0], count: number]>([
      ['everything', {}, 43],
      ['a VM', { vm: 'b' }, 1],
      ['a VM that there is not', { vm: 'nobody' }, 0],
      ['a byte', { vm: 'a', gpa: 0x1008n }, 2],
      ['a range', { vm: 'a', gpa: 0x1000n, size: 16n }, 3],
      ['a range of whoever', { gpa: 0x1000n, size: 1n }, 3],
      ['a range with too many bins', { vm: 'a', gpa: 0n, size: 1n << 40n }, 42],
      ['a kind', { vm: 'a', kinds: ['read'] }, 2],
      ['kinds', { kinds: ['read', 'write'] }, 43],
      ['an actor', { vm: 'a', actor: 'odd' }, 20],
      ['an actor and a range', { vm: 'a', actor: 'odd', gpa: 0x1000n, size: 16n }, 1],
      ['refusals', { outcome: 'refused' }, 1],
      ['what was done', { outcome: 'done' }, 42],
      ['a type of command', { type: 'write_memory' }, 40],
      ['a time that is over', { to: 0 }, 0],
      ['a time to come', { from: 8.64e15 }, 0],
    ])('%s', async (_what, query, count) => {
      expect((await town.search(query)).length).toBe(count);
    });

    it('goes on after any access', async () => {
      for (const query of [{}, { vm: 'a' }, { vm: 'a', gpa: 0x1000n, size: 0x100n }]) {
        const whole = (await town.search(query)).map(short);
        const found = await town.search(query);
        for (const [i, { position, n }] of found.entries())
          if (i % 7 === 0) expect((await town.search(query, { position, n })).map(short)).toEqual(whole.slice(i + 1));
      }
    });

    it('has what was appended a moment ago', async () => {
      for (let i = 0; i < 5; i++) {
        const { position } = await town.write('b', 0x4000, Uint8Array.of(i));
        expect((await town.blame('b', 0x4000, 1))[0]?.write?.position).toBe(position);
      }
    });

    it('answers many at once', async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => town.search({ vm: 'a' })));
      for (const answer of answers) expect(answer).toEqual(answers[0]);
    });

    it('is made again if its file is broken, of another version or of another ledger', async () => {
      const before = await town.search({});
      const flip = () => {
        const bytes = readFileSync(town.indexFile);
        bytes.fill(0xee, 0, 200);
        writeFileSync(town.indexFile, bytes);
      };
      const sql = (text: string) => () => {
        const db = new Database(town.indexFile);
        db.exec(text);
        db.close();
      };
      for (const between of [
        flip,
        sql('PRAGMA user_version = 99; DELETE FROM accesses'),
        sql("UPDATE progress SET leaf = x'00'; DELETE FROM accesses"),
        sql('UPDATE progress SET position = 1000000; DELETE FROM accesses'),
        sql('DROP TABLE accesses; DROP TABLE progress'),
      ]) {
        await town.restart(between);
        expect(await town.search({})).toEqual(before);
      }
    });

    it('follows by itself', async () => {
      const { position } = await town.write('a', 0, Uint8Array.of(1));
      const indexed = (): unknown => {
        const db = new Database(town.indexFile, { readonly: true });
        const at = db.prepare('SELECT position FROM progress').pluck().get();
        db.close();
        return at;
      };
      expect(await eventually(indexed, (at) => at === position)).toBe(position);
    });
  });

  describe('made again after an erasure', () => {
    let town: Town;
    let batch = 0;
    beforeAll(async () => {
      town = await Town.open();
      await town.create('other');
      await town.run('vm', { type: 'create_vm', arch: 's390x' });
      await town.run('vm', { type: 'set_user_memory_region', slot: 0, guestPhysAddr: 0, size: 0x10000 });
      const op = (name: string, gaddr: number) => ({ op: name, gaddr, size: 8 });
      const data = Buffer.alloc(8).toString('base64');
      const ops = [{ ...op('absolute_write', 0x1000), data }, op('absolute_read', 0x7fff0000)];
      batch = (await town.run('vm', { type: 's390_mem_op_batch', ops })).position;
      await town.service.erasures.erase({ vm: 'vm', reason: 'asked to', actor: 'test', requestId: 'r' });
      await town.restart(() => rmSync(town.indexFile, { force: true }));
    });
    afterAll(() => town.close());

    const kinds = (found: readonly FoundAccess[]): string[] =>
      found.filter(({ position }) => position === batch).map(({ kind }) => kind);

    it.each<[what: string, query: Parameters<Town['search']>[0], kinds: readonly string[]]>([
      ['a VM', { vm: 'vm' }, ['write', 'erased']],
      ['what it did', { vm: 'vm', gpa: 0x1000n, size: 8n }, ['write', 'erased']],
      ['a range that nobody can tell', { vm: 'vm', gpa: 0x7fff0000n, size: 8n }, ['erased']],
      ['a range of whoever', { gpa: 0x7fff0000n, size: 8n }, ['erased']],
      ['a range with too many bins', { vm: 'vm', gpa: 0x2000n, size: 1n << 40n }, ['erased']],
      ['a kind', { vm: 'vm', kinds: ['read'] }, ['erased']],
      ['an outcome', { vm: 'vm', outcome: 'refused' }, ['erased']],
      ['another type of command', { vm: 'vm', type: 'read_memory' }, []],
      ['another actor', { vm: 'vm', actor: 'nobody' }, []],
      ['another VM', { vm: 'other' }, []],
    ])('says of a batch that it is not known any more what it touched: %s', async (_what, query, expected) => {
      expect(kinds(await town.search(query))).toEqual(expected);
    });
  });

  it('of each golden ledger has every fact about memory', async () => {
    for (const name of ['0001-spine', '0002-s390x', '0003-s390x-rest', '0004-architectures']) {
      const town = await Town.open();
      try {
        await town.restart(() => {
          mkdirSync(town.dataDir, { recursive: true });
          rmSync(join(town.dataDir, 'log'), { recursive: true, force: true });
          for (const suffix of ['-wal', '-shm']) rmSync(join(town.dataDir, LEDGER_FILE + suffix), { force: true });
          copyFileSync(new URL(`../../golden/${name}.sqlite`, import.meta.url), join(town.dataDir, LEDGER_FILE));
        });
        const found = new Map<number, number>();
        for (const { position, body } of await town.search({}))
          found.set(position, (found.get(position) ?? 0) + body.resolved.length);
        for (const { bytes, position } of await town.service.journal.read({ after: 0, limit: 100_000 })) {
          const data = await town.service.journal.data(position);
          const events = eventsOf(parseBody(bytes), new Map(data.map(({ role, bytes: content }) => [role, content])));
          const parts = events.flatMap((event) =>
            'parts' in event && event.type !== 'memory_made_writable' ? event.parts : [],
          );
          expect([name, position, (found.get(position) ?? 0) >= parts.length]).toEqual([name, position, true]);
        }
        expect(found.size).toBeGreaterThan(10);
      } finally {
        await town.close();
      }
    }
  });

  it('leaves nothing behind but its file', async () => {
    const town = await Town.open();
    await town.create('a');
    await town.search({});
    await town.service.close();
    expect(existsSync(town.indexFile)).toBe(true);
    expect(existsSync(`${town.indexFile}-wal`)).toBe(false);
    await expect(town.search({})).rejects.toThrow('closed');
    rmSync(town.dataDir, { recursive: true });
  });
});
