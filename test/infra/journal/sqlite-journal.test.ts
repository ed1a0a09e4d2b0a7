import Database from 'better-sqlite3';
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Journal, Query, StoredRecord } from '../../../src/infra/journal/journal.js';
import { MemoryJournal } from '../../../src/infra/journal/memory-journal.js';
import { openSqliteJournal } from '../../../src/infra/journal/sqlite-journal.js';
import { draft } from './drafts.js';
import { temporaryFiles, temporaryLedgers } from './files.js';
import { journalContract, lookThrough } from './journal.contract.js';
import { transactionsInLog } from './wal.js';

/** Milliseconds that no other writer takes, also on a busy disk. */
const AGES = 3_600_000;

const openLedger = temporaryLedgers();
const newFile = temporaryFiles();

const open = async (file = newFile(), options: { maxPages?: number; busyTimeout?: number } = {}): Promise<Journal> =>
  (await openLedger({ file, ...options })).journal;

journalContract('the SQLite journal', () => open());

const positions = (records: readonly StoredRecord[]): number[] => records.map(({ position }) => position);

const appendMany = (journal: Journal, vms: number, each: number, text = ''): Promise<StoredRecord[]> =>
  Promise.all(
    Array.from({ length: vms * each }, (_, i) =>
      journal.append(draft(`vm-${i % vms}`, Math.floor(i / vms) + 1, { text, index: { actor: `actor-${i % 7}` } })),
    ),
  );

describe('a journal of thousands of records', () => {
  let folder: string;
  let journal: Journal;
  const twin = new MemoryJournal();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vmledger-'));
    ({ journal } = await openSqliteJournal({ file: join(folder, 'ledger.sqlite') }));
    for (const each of [journal, twin]) {
      await appendMany(each, 3, 1000);
      for (let version = 1; version <= 2500; version++) void each.append(draft('vm-late', version));
      await each.append(draft('vm-0', 1001));
    }
  });

  afterAll(async () => {
    await journal.close();
    rmSync(folder, { recursive: true });
  });

  it('answers every query as the twin does', async () => {
    const number = fc.oneof(fc.nat(6000), fc.constantFrom(0, 1023, 1024, 1025, 4096, 5120, 5121));
    const optional = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
      fc.option(value, { nil: undefined });
    const query = fc
      .record({
        after: number,
        limit: fc.constantFrom(1, 10, 1000, 10_000),
        vm: optional(fc.constantFrom('vm-0', 'vm-2', 'vm-late', 'vm-x')),
        afterVersion: optional(number),
        upToVersion: optional(number),
        actor: optional(fc.constant('actor-3')),
      })
      .map((given) => given as Query);
    await fc.assert(
      fc.asyncProperty(query, async (given) => {
        const asked = given.vm === undefined ? { ...given, afterVersion: undefined, upToVersion: undefined } : given;
        expect(positions(await journal.read(asked as Query))).toEqual(positions(await twin.read(asked as Query)));
        const expected = positions(await twin.read({ ...asked, limit: Infinity } as Query));
        if (asked.limit > 1) expect(await lookThrough(journal, asked as Query)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['the journal', {}, [4096]],
    ['the journal, for what is not there', { actor: 'nobody' }, [4096, 5501]],
    ['a stream, for what is not there', { vm: 'vm-late', actor: 'nobody' }, [5120, 5501]],
    ['a stream that ended long ago', { vm: 'vm-1', actor: 'nobody' }, [5120, 5501]],
    ['the end of a stream', { vm: 'vm-late', actor: 'nobody', after: 5120 }, [5501]],
    ['a stream that is not there', { vm: 'vm-x' }, [5501]],
  ])('is looked at step by step: %s', async (_what, query, steps) => {
    let after = 0;
    for (const expected of steps) {
      const { upTo } = await journal.look({ after, limit: 10_000, ...query });
      expect(upTo).toBe(expected);
      after = upTo;
    }
  });

  it.each([1, 19, 20, 21, 50, 1000])('keeps to a limit of %p where the index of a stream ends', async (limit) => {
    const query = { after: 0, limit, vm: 'vm-late', afterVersion: 2100 };
    expect(positions(await journal.read(query))).toEqual(positions(await twin.read(query)));
  });

  it('knows the heads of streams that were written lately and long ago', async () => {
    expect(await journal.streams('', 10)).toEqual(await twin.streams('', 10));
    expect(await journal.streamHead('vm-1')).toEqual(await twin.streamHead('vm-1'));
  });

  it('goes on where a stream was long ago', async () => {
    await expect(journal.append(draft('vm-1', 1000))).rejects.toMatchObject({ fault: 'conflict' });
    const expected = (await twin.head()) + 1;
    expect((await twin.append(draft('vm-1', 1001))).position).toBe(expected);
    expect((await journal.append(draft('vm-1', 1001))).position).toBe(expected);
  });
});

describe('group commit', () => {
  it('writes 64 appends of one moment as one transaction', async () => {
    const file = newFile();
    const journal = await open(file);
    await journal.append(draft('vm', 1));
    const before = transactionsInLog(file);
    await appendMany(journal, 64, 1);
    expect(transactionsInLog(file) - before).toBe(1);
  });

  it('writes what came while the writer was busy as one transaction', async () => {
    const file = newFile();
    const journal = await open(file, { busyTimeout: AGES });
    await journal.append(draft('vm', 1));
    const before = transactionsInLog(file);
    const other = new Database(file);
    other.exec('BEGIN IMMEDIATE');
    const appended: Promise<StoredRecord>[] = [];
    for (let i = 0; i < 64; i++) {
      appended.push(journal.append(draft(`vm-${i}`, 1)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    other.exec('COMMIT');
    other.close();
    await Promise.all(appended);
    expect(transactionsInLog(file) - before).toBeLessThanOrEqual(2);
  });
});

describe('a journal without room', () => {
  const large = 'x'.repeat(60_000);

  const fillUp = async (journal: Journal): Promise<number> => {
    for (let version = 1; ; version++) {
      const appended = await journal.append(draft('vm', version, { text: large })).catch((error: unknown) => error);
      if (!(appended instanceof Error)) continue;
      expect(appended).toMatchObject({ fault: 'full' });
      return version - 1;
    }
  };

  it('refuses every append of the transaction with full, and none of them is there', async () => {
    const journal = await open(newFile(), { maxPages: 100 });
    const version = await fillUp(journal);
    const outcomes = await Promise.allSettled([
      journal.append(draft('other', 1)),
      journal.append(draft('vm', version + 1, { text: large })),
    ]);
    expect(outcomes).toMatchObject([{ reason: { fault: 'full' } }, { reason: { fault: 'full' } }]);
    expect(await journal.head()).toBe(version);
    expect((await journal.streamHead('other')).version).toBe(0);
    expect(await journal.health()).toBe('full');
  });

  it('takes what still fits, at the next position', async () => {
    const journal = await open(newFile(), { maxPages: 100 });
    const version = await fillUp(journal);
    expect(await journal.append(draft('vm', version + 1))).toMatchObject({ position: version + 1 });
  });

  it('goes on without a gap once there is room again', async () => {
    const file = newFile();
    const small = await open(file, { maxPages: 100 });
    const version = await fillUp(small);
    await small.close();
    const journal = await open(file);
    expect(await journal.health()).toBeUndefined();
    expect(await journal.append(draft('vm', version + 1, { text: large }))).toMatchObject({ position: version + 1 });
  });
});

describe('a journal that another process has locked', () => {
  it('fails with busy after the timeout, and goes on without a gap once it is free', async () => {
    const file = newFile();
    const journal = await open(file, { busyTimeout: 20 });
    await journal.append(draft('vm', 1));
    const other = new Database(file);
    other.exec('BEGIN IMMEDIATE');
    await expect(journal.append(draft('vm', 2))).rejects.toMatchObject({ fault: 'busy' });
    expect(await journal.health()).toBe('busy');
    expect(positions(await journal.read({ after: 0, limit: 10 }))).toEqual([1]);
    other.exec('ROLLBACK');
    other.close();
    expect(await journal.health()).toBeUndefined();
    expect(await journal.append(draft('vm', 2))).toMatchObject({ position: 2 });
  });
});

describe('a journal that another process appends to', () => {
  it('refuses what the other has made stale, and goes on behind it without a gap', async () => {
    const file = newFile();
    const [one, other] = [await open(file), await open(file)];
    await one.append(draft('vm', 1));
    await other.append(draft('vm', 2));
    await expect(one.append(draft('vm', 2))).rejects.toMatchObject({ fault: 'conflict' });
    expect(await one.append(draft('vm', 3))).toMatchObject({ position: 3 });
    expect(await other.append(draft('vm-new', 1))).toMatchObject({ position: 4 });
  });

  it('gives each position to one record when both append at once', async () => {
    const file = newFile();
    const journals = [await open(file, { busyTimeout: AGES }), await open(file, { busyTimeout: AGES })];
    const appended = await Promise.all(
      journals.flatMap((journal, i) =>
        Array.from({ length: 200 }, (_, version) => journal.append(draft(`vm-${i}`, version + 1))),
      ),
    );
    expect(positions(appended).sort((a, b) => a - b)).toEqual(Array.from({ length: 400 }, (_, i) => i + 1));
  });

  it('announces the records of the other before its own next one, in order', async () => {
    const file = newFile();
    const [one, other] = [await open(file), await open(file)];
    const seen: string[] = [];
    one.appended.subscribe(({ position, vm }) => seen.push(`${position} ${vm}`));
    await one.append(draft('mine', 1));
    await appendMany(other, 2, 2);
    await one.append(draft('mine', 2));
    expect(seen).toEqual(['1 mine', '2 vm-0', '3 vm-1', '4 vm-0', '5 vm-1', '6 mine']);
  });
});

it('has everything after it was closed and opened again', async () => {
  const file = newFile();
  const first = await open(file);
  await appendMany(first, 5, 10);
  await first.close();
  const second = await open(file);
  expect(positions(await second.read({ after: 0, limit: 100 }))).toHaveLength(50);
  expect(await second.append(draft('vm-0', 11))).toMatchObject({ position: 51 });
});

it('keeps snapshots apart from records: a failed save costs no append', async () => {
  const { journal, snapshots } = await openLedger({ maxPages: 60 });
  const control = new Uint8Array(400_000);
  const save = snapshots.save({ vm: 'vm', version: 1, position: 1, model: 'm', control }, []);
  const appended = appendMany(journal, 4, 4);
  await expect(save).rejects.toMatchObject({ fault: 'full' });
  expect(positions(await appended)).toHaveLength(16);
  expect(await snapshots.latest('vm', 9)).toBeUndefined();
});
