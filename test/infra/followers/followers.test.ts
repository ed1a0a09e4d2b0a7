import fc from 'fast-check';
import { NEVER, concatWith, takeWhile } from 'rxjs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Followers } from '../../../src/infra/followers/followers.js';
import type { Journal, Look, Query, StoredRecord } from '../../../src/infra/journal/journal.js';
import { MemoryJournal } from '../../../src/infra/journal/memory-journal.js';
import { honest } from '../journal/drafts.js';
import { temporaryLedgers } from '../journal/files.js';

const openLedger = temporaryLedgers();

const never = new AbortController().signal;
const waiting = { patience: 30_000, signal: never };

const positions = (records: readonly StoredRecord[]): number[] => records.map(({ position }) => position);

/** Follows until `last` was looked at. */
async function follow(followers: Followers, query: Query, last: number): Promise<number[]> {
  const found: number[] = [];
  for (let after = query.after; after < last;) {
    const { records, upTo } = await followers.next({ ...query, after }, waiting);
    found.push(...positions(records));
    after = upTo;
  }
  return found;
}

/** Counts how often a journal's file is asked. */
function counted(journal: Journal): { readonly journal: Journal; looks: number } {
  const count = {
    looks: 0,
    journal: new Proxy(journal, {
      get: (target, name) => {
        if (name === 'look') count.looks++;
        const value = Reflect.get(target, name) as unknown;
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    }),
  };
  return count;
}

describe('a follower', () => {
  it('sees every position once, in order, from wherever it starts, while records are appended', async () => {
    const { journal } = await openLedger();
    const followers = new Followers(journal);
    const VMS = ['a', 'b', 'c'];
    for (let version = 1; version <= 500; version++)
      for (const vm of VMS) void journal.append(honest(vm, version, { index: { ret: version % 3 ? 0 : -22 } }));
    await journal.append(honest('d', 1));
    const last = 3001;
    const expected = (after: number): number[] => Array.from({ length: last - after }, (_, i) => after + 1 + i);
    const following = [0, 1, 700, 1500, 1501].map((after) => follow(followers, { after, limit: 97 }, last));
    for (let version = 501; version <= 1000; version++) {
      for (const vm of VMS) void journal.append(honest(vm, version, { index: { ret: version % 3 ? 0 : -22 } }));
      if (version % 20 === 0) await sleep(1);
    }
    expect(await Promise.all(following)).toEqual([0, 1, 700, 1500, 1501].map(expected));
    followers.close();
  });

  it('finds from memory what it would find in the file', async () => {
    const { journal } = await openLedger();
    const followers = new Followers(journal);
    for (let i = 0; i < 300; i++) {
      const index = {
        type: ['mem_op', 'translate', 'create_vcpu'][i % 3] ?? '',
        ret: i % 5 === 0 ? -16 : i % 7 === 0 ? 4 : 0,
        actor: i % 2 ? 'alice' : 'bob',
        time: 1000 + i,
        ...(i % 4 === 0 && { frames: { first: i, last: i + 10 } }),
      };
      await journal.append(honest(`vm-${i % 4}`, Math.floor(i / 4) + 1, { index }));
    }
    const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
    const queries = fc.record(
      {
        after: fc.nat(310),
        limit: fc.constantFrom(1, 7, 1000),
        vm: optional(fc.constantFrom('vm-0', 'vm-3', 'vm-x')),
        type: optional(fc.constantFrom('mem_op', 'translate', 'pv')),
        outcome: optional(fc.constantFrom('done', 'refused')),
        actor: optional(fc.constantFrom('alice', 'carol')),
        from: optional(fc.integer({ min: 990, max: 1310 })),
        to: optional(fc.integer({ min: 990, max: 1310 })),
        frames: optional(fc.nat(320).map((first) => ({ first, last: first + 3 }))),
      },
      { requiredKeys: ['after', 'limit'] },
    );
    await fc.assert(
      fc.asyncProperty(queries, async (given) => {
        const query = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never;
        const expected = positions(await journal.read({ ...(query as Query), limit: 1000 }));
        expect(await follow(followers, query, 300)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
    followers.close();
  });

  it('of the present leaves the file alone, but for filters that only the file can tell', async () => {
    const count = counted(new MemoryJournal());
    const followers = new Followers(count.journal);
    await count.journal.append(honest('a', 1));
    for (let version = 2; version < 50; version++) {
      const next = followers.next({ after: version - 1, limit: 10, vm: 'a', actor: 'alice' }, waiting);
      void count.journal.append(honest('a', version));
      expect(positions((await next).records)).toEqual([version]);
    }
    expect(count.looks).toBe(0);
    await followers.next({ after: 0, limit: 10, frames: { first: 0, last: 1 } }, waiting);
    expect(count.looks).toBe(1);
    followers.close();
  });

  it('of the past is served from the file, whatever was appended since', async () => {
    const { journal } = await openLedger();
    const count = counted(journal);
    const followers = new Followers(count.journal);
    const text = 'x'.repeat(50_000);
    const LAST = 400; // 20 MB
    for (let version = 1; version <= LAST; version++) await journal.append(honest('a', version, { text }));
    expect(await follow(followers, { after: 0, limit: 16 }, LAST)).toHaveLength(LAST);
    expect(count.looks).toBeGreaterThan(10);
    const before = count.looks;
    expect(await follow(followers, { after: LAST - 50, limit: 16 }, LAST)).toHaveLength(50);
    expect(count.looks).toBe(before);
    // Nothing is missing where the file ends and memory begins.
    for (let after = 0; after < LAST; after++) {
      const { records } = await followers.next({ after, limit: 1 }, waiting);
      expect(positions(records)).toEqual([after + 1]);
    }
    followers.close();
  });

  it('is told how far the journal was looked at, where nothing matches', async () => {
    const journal = new MemoryJournal();
    for (let version = 1; version <= 10; version++) await journal.append(honest('a', version));
    const followers = new Followers(journal);
    expect(await followers.next({ after: 0, limit: 5, vm: 'b' }, waiting)).toEqual({ records: [], upTo: 10 });
    await journal.append(honest('a', 11));
    expect(await followers.next({ after: 10, limit: 5, vm: 'b' }, waiting)).toEqual({ records: [], upTo: 11 });
    followers.close();
  });

  const nothing: Look = { records: [], upTo: 1 };

  it('is answered when its patience is over', async () => {
    const journal = new MemoryJournal();
    await journal.append(honest('a', 1));
    const followers = new Followers(journal);
    expect(await followers.next({ after: 1, limit: 5 }, { patience: 20, signal: never })).toEqual(nothing);
    followers.close();
  });

  it.each([0, 5])('is answered when it is told to stop, after %i ms', async (delay) => {
    const journal = new MemoryJournal();
    await journal.append(honest('a', 1));
    const followers = new Followers(journal);
    const stop = new AbortController();
    const next = followers.next({ after: 1, limit: 5 }, { patience: 60_000, signal: stop.signal });
    if (delay > 0) await sleep(delay);
    stop.abort();
    expect(await next).toEqual(nothing);
    followers.close();
  });

  it('asks the file when its patience is over, should an announcement be missing', async () => {
    const journal = new MemoryJournal();
    // What is announced is the first record alone.
    const appended = journal.appended.pipe(
      takeWhile(({ position }) => position === 1),
      concatWith(NEVER),
    );
    const followers = new Followers(Object.assign(Object.create(journal) as Journal, { appended }));
    await journal.append(honest('a', 1));
    const next = followers.next({ after: 1, limit: 5 }, { patience: 30, signal: never });
    await journal.append(honest('a', 2));
    const { records } = await next;
    expect(positions(records)).toEqual([2]);
  });

  it('is told that the journal is closed', async () => {
    const { journal } = await openLedger();
    const followers = new Followers(journal);
    const next = followers.next({ after: 0, limit: 5 }, waiting);
    await sleep(5);
    await journal.close();
    await expect(next).rejects.toMatchObject({ fault: 'closed' });
  });
});
