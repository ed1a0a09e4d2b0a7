import Database from 'better-sqlite3';
import fc from 'fast-check';
import { copyFileSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { firstBad } from '../../../src/domain/audit/verify/flaw.js';
import type { VerifyReport } from '../../../src/infra/verify/verify-ledger.js';
import { type ClosedLedger, bench, closedLedger } from './ledgers.js';
import { type Span, liveSpans } from './live-bytes.js';
import { type Mutation, mutate, mutations, rewriteRecord } from './mutations.js';

const GOLDEN = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'golden');

const { file, verify } = bench();

/** A ledger of a page or two a table, on which most mutations are made, and one that has an index and a tree. */
let small: ClosedLedger;
let large: ClosedLedger;
beforeAll(async () => {
  small = await closedLedger(12);
  large = await closedLedger(1060);
}, 60_000);

/** What is found once a change was made. */
function found(ledger: ClosedLedger, mutation: Mutation, choice: number): { report: VerifyReport; expected?: number } {
  writeFileSync(file, ledger.bytes);
  const expected = mutate(file, mutation, choice);
  const report = verify(ledger);
  return { report, ...(expected !== undefined && { expected }) };
}

function expectFound(ledger: ClosedLedger, [name, mutation]: [string, Mutation], choice: number): void {
  const { report, expected } = found(ledger, mutation, choice);
  expect([name, report.flaws.length > 0]).toEqual([name, true]);
  if (expected !== undefined) expect([name, firstBad(report.flaws)]).toEqual([name, expected]);
}

const choice = fc.nat(2 ** 30);

/** The tables whose content is verified, and the header of the file but for two numbers that say nothing of it. */
function contentOf(ledger: ClosedLedger): Span[] {
  writeFileSync(file, ledger.bytes);
  const db = new Database(file, { readonly: true });
  const names = ['streams', 'sqlite_autoindex_streams_1', 'records', 'bulk', 'stream_index', 'tree'];
  const rootOf = db.prepare<[string], number>('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck();
  const roots = [1, ...names.map((name) => rootOf.get(name) ?? 0)];
  db.close();
  return [{ from: 0, to: 40 }, { from: 44, to: 96 }, ...roots.flatMap((root) => [...liveSpans(ledger.bytes, root)])];
}

function flip(bytes: Buffer, spans: readonly Span[], at: number, bit: number): Buffer {
  let left = at % spans.reduce((sum, { from, to }) => sum + to - from, 0);
  const span = spans.find(({ from, to }) => (left -= to - from) < 0);
  const flipped = Buffer.from(bytes);
  const place = (span?.to ?? 0) + left;
  flipped[place] = (flipped[place] ?? 0) ^ (1 << bit);
  return flipped;
}

describe('a ledger that nobody touched', () => {
  it('is sound, and all of it is signed', () => {
    for (const ledger of [small, large]) {
      const { size } = ledger.checkpoint;
      expect(verify(ledger, ledger.bytes)).toMatchObject({ records: size, signed: size, flaws: [] });
    }
  });

  it('is not written to', () => {
    verify(small, small.bytes);
    expect(readFileSync(file).equals(small.bytes)).toBe(true);
  });

  it.each(readdirSync(GOLDEN).filter((name) => name.endsWith('.sqlite')))(
    'is sound as an older version wrote it: %s',
    (name) => {
      const golden = readFileSync(join(GOLDEN, name));
      copyFileSync(join(GOLDEN, name), file);
      const { flaws } = verify({ ...small, checkpoint: { ...small.checkpoint, size: 1e9 } });
      expect(flaws).toMatchObject([{ what: 'checkpoint' }]);
      expect(readFileSync(file).equals(golden)).toBe(true);
    },
  );
});

describe('2,000 random mutations of a closed ledger are all found', () => {
  const some = mutations(['records', 'bulk', 'streams']);
  const all = mutations(['records', 'bulk', 'streams', 'stream_index', 'tree']);

  it('1,060 of cells and rows, with the first bad position', () => {
    fc.assert(
      fc.property(fc.constantFrom(...some), choice, (mutation, at) => expectFound(small, mutation, at)),
      { numRuns: 1060 },
    );
  }, 120_000);

  it('40 of cells and rows where there are an index and a tree', () => {
    fc.assert(
      fc.property(fc.constantFrom(...all), choice, (mutation, at) => expectFound(large, mutation, at)),
      { numRuns: 40 },
    );
  }, 120_000);

  it('780 of a bit of the file that is content', () => {
    const content = contentOf(small);
    fc.assert(
      fc.property(choice, fc.nat(7), (at, bit) => {
        expect(verify(small, flip(small.bytes, content, at, bit)).flaws).not.toEqual([]);
      }),
      { numRuns: 780 },
    );
  }, 120_000);

  it('20 of a bit of the file where there are an index and a tree', () => {
    const content = contentOf(large);
    fc.assert(
      fc.property(choice, fc.nat(7), (at, bit) => {
        expect(verify(large, flip(large.bytes, content, at, bit)).flaws).not.toEqual([]);
      }),
      { numRuns: 20 },
    );
  }, 120_000);

  it('50 of a record that says something else, with all that is derived from it', () => {
    fc.assert(
      fc.property(choice, (at) => {
        const { report, expected = 0 } = found(small, rewriteRecord, at);
        expect(report.flaws).toMatchObject([{ what: 'checkpoint' }]);
        const [flaw] = report.flaws;
        expect(flaw?.position).toBeLessThanOrEqual(expected);
        expect(flaw?.upTo).toBeGreaterThanOrEqual(expected);
      }),
      { numRuns: 50 },
    );
  }, 120_000);

  it('50 of a file that is cut short', () => {
    fc.assert(
      fc.property(choice, (at) => {
        const bytes = small.bytes.subarray(0, at % small.bytes.length);
        expect(verify(small, Buffer.from(bytes)).flaws).not.toEqual([]);
      }),
      { numRuns: 50 },
    );
  }, 120_000);

  it('every one of them at least once', () => {
    for (const mutation of all) expectFound(large, mutation, 1_234_567);
    for (const mutation of some) expectFound(small, mutation, 7_654_321);
  }, 120_000);
});

describe('a ledger that was rolled back', () => {
  it('is told by what was signed', () => {
    for (const ledger of [small, large]) {
      const { flaws, records } = verify(ledger, ledger.earlier);
      expect(records).toBeLessThan(ledger.checkpoint.size);
      expect(flaws).toMatchObject([{ what: 'checkpoint', position: records + 1, upTo: ledger.checkpoint.size }]);
    }
  });

  it('is not told without: a ledger alone cannot know how long it was', () => {
    const { checkpoint } = small;
    expect(verify({ ...small, checkpoint: { ...checkpoint, size: -1 } }, small.earlier)).toMatchObject({
      signed: 0,
      flaws: [],
    });
  });
});

describe('a verification', () => {
  it('ends once it has found enough', () => {
    const { report } = found(small, (db) => void db.exec("UPDATE records SET actor = 'x'"), 0);
    expect(report.flaws).toHaveLength(5);
    expect(report.flaws.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5]);
  });

  it.each([
    ['of a record that there is not', "('b', 900, 1)", 900],
    ['of a VM that there is not', "('x', 3, 1)", 3],
    ["of the record's own VM", "('a', 1, 1)", 1],
  ])('finds a page touched elsewhere %s', (_, row, position) => {
    const { report } = found(small, (db) => void db.exec(`INSERT INTO touched_elsewhere VALUES ${row}`), 0);
    expect(report.flaws).toMatchObject([{ what: 'index', position }]);
  });

  it('finds a trigger that is said to have a page', () => {
    writeFileSync(file, small.bytes);
    const db = new Database(file).unsafeMode();
    db.pragma('writable_schema = ON');
    db.exec("UPDATE sqlite_schema SET rootpage = 1 WHERE name = 'records_delete'");
    db.close();
    expect(verify(small).flaws).toContainEqual({ what: 'schema', detail: 'trigger records_delete' });
  });

  it('says of what is no database that it is none', () => {
    const { flaws } = verify(small, Buffer.from('not a database'.repeat(1000)));
    expect(new Set(flaws.map(({ what }) => what))).toEqual(new Set(['file']));
  });
});
