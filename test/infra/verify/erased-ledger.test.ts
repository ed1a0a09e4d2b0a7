import Database from 'better-sqlite3';
import fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import { firstBad } from '../../../src/domain/audit/verify/flaw.js';
import { type ClosedLedger, bench, closedLedger } from './ledgers.js';
import { liveSpans } from './live-bytes.js';
import { type Mutation, mutate, mutations } from './mutations.js';

const { file, verify } = bench();

let ledger: ClosedLedger;
beforeAll(async () => {
  ledger = await closedLedger(40, true);
}, 60_000);

const choice = fc.nat(2 ** 30);

/** What is found once a change was made, and the first position that the change is about. */
function found(mutation: Mutation, at: number) {
  writeFileSync(file, ledger.bytes);
  const expected = mutate(file, mutation, at);
  return { flaws: verify(ledger).flaws, expected };
}

const run =
  (sql: string): Mutation =>
  (db) => {
    if (db.prepare(sql).run().changes === 0) throw new Error(`${sql} changed nothing`);
    return undefined;
  };

describe('a ledger with erasures', () => {
  it('is sound, though data is missing', () => {
    const { size } = ledger.checkpoint;
    expect(verify(ledger, ledger.bytes)).toMatchObject({ records: size, signed: size, flaws: [] });
    const db = new Database(file, { readonly: true });
    const positions = db.prepare('SELECT DISTINCT position FROM erased').pluck().all();
    expect(positions.length).toBeGreaterThan(15);
    expect(db.prepare('SELECT count(*) FROM erasures').pluck().get()).toBe(3);
    db.close();
  });

  it.each(mutations(['records', 'bulk', 'streams', 'erased', 'erasures']))('is not, once %s', (_, mutation) => {
    fc.assert(
      fc.property(choice, (at) => {
        const { flaws, expected } = found(mutation, at);
        expect(flaws).not.toEqual([]);
        if (expected !== undefined) expect(firstBad(flaws)).toBe(expected);
      }),
      { numRuns: 12 },
    );
  });

  it('is not, once a bit of what was left is another', () => {
    writeFileSync(file, ledger.bytes);
    const db = new Database(file, { readonly: true });
    const rootOf = db.prepare<[string], number>('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck();
    const spans = ['erased', 'erasures'].flatMap((name) => [...liveSpans(ledger.bytes, rootOf.get(name) ?? 0)]);
    db.close();
    const bytes = spans.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
    fc.assert(
      fc.property(fc.constantFrom(...bytes), fc.nat(7), (at, bit) => {
        const flipped = Buffer.from(ledger.bytes);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
        expect(verify(ledger, flipped).flaws).not.toEqual([]);
      }),
      { numRuns: 200 },
    );
  }, 60_000);

  it.each<[what: string, mutation: Mutation, flaw: object]>([
    [
      'data that no erasure took is deleted',
      run('DELETE FROM bulk WHERE position = (SELECT max(position) FROM bulk)'),
      { what: 'data', detail: 'command.data is missing' },
    ],
    [
      'the same is made to look like an erasure',
      (db) => {
        const position = Number(db.prepare('SELECT max(position) FROM bulk').pluck().get());
        db.prepare('DELETE FROM bulk WHERE position = ?').run(position);
        db.prepare(`INSERT INTO erased VALUES (?, (SELECT max(position) FROM erasures), 'c', '{"frames":null}')`).run(
          position,
        );
        return position;
      },
      { what: 'data', detail: 'command.data is missing' },
    ],
    [
      'an erased piece is put back',
      run(
        `INSERT INTO bulk SELECT min(position), 'command.data', zeroblob(32), x'00' FROM erased WHERE remains LIKE '%"frames":[%'`,
      ),
      { what: 'data' },
    ],
    [
      'a digest is another',
      run(`UPDATE erased SET remains = replace(remains, '0', '1') WHERE remains LIKE '%"pages"%'`),
      { what: 'erasure' },
    ],
    [
      'frames are others, in both places',
      (db) => {
        const row = db.prepare(`SELECT position, remains FROM erased WHERE remains LIKE '%"frames":[%' LIMIT 1`).get();
        const { position, remains } = row as { readonly position: number; readonly remains: string };
        db.prepare('UPDATE records SET first_frame = 900, last_frame = 900 WHERE position = ?').run(position);
        const other = remains.replace(/"frames":\[[^\]]*\]/, '"frames":[900,900]');
        db.prepare('UPDATE erased SET remains = ? WHERE position = ?').run(other, position);
        return position;
      },
      { what: 'erasure' },
    ],
  ])('is not, once %s', (_, mutation, flaw) => {
    expect(found(mutation, 0).flaws).toContainEqual(expect.objectContaining(flaw));
  });
});
