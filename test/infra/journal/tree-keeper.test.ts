import Database from 'better-sqlite3';
import type { Journal } from '../../../src/infra/journal/journal.js';
import { migrate } from '../../../src/infra/journal/migrate.js';
import { openSqliteJournal } from '../../../src/infra/journal/sqlite-journal.js';
import { sqliteTree } from '../../../src/infra/journal/sqlite-tree.js';
import { TreeKeeper } from '../../../src/infra/journal/tree-keeper.js';
import { rootAt } from '../../../src/domain/audit/tlog/proof.js';
import { mth } from '../../domain/audit/tlog/naive.js';
import { draft } from './drafts.js';
import { temporaryFiles, temporaryLedgers } from './files.js';

const openLedger = temporaryLedgers();
const newFile = temporaryFiles();

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** What the table holds, and what it should hold: the roots of full tiles over the leaf hashes. */
function treeOf(file: string): { kept: string[]; wanted: string[]; leaves: Buffer[] } {
  const db = new Database(file, { readonly: true });
  const leaves = db.prepare<[], Buffer>('SELECT leaf_hash FROM records ORDER BY position').pluck().all();
  const kept = db.prepare<[], { level: number; idx: number; hash: Buffer }>('SELECT * FROM tree ORDER BY level, idx');
  const rows = kept.all().map(({ level, idx, hash }) => `${level} ${idx} ${hex(hash)}`);
  const count = Math.floor(leaves.length / 256);
  const wanted = Array.from({ length: count }, (_, i) => `1 ${i} ${hex(mth(leaves.slice(256 * i, 256 * (i + 1))))}`);
  db.close();
  return { kept: rows, wanted, leaves };
}

async function append(file: string, vm: string, count: number, from = 1): Promise<void> {
  const { journal } = await openSqliteJournal({ file });
  await Promise.all(Array.from({ length: count }, (_, i) => journal.append(draft(vm, from + i))));
  await journal.close();
}

describe('the tree of a journal', () => {
  it.each([255, 256, 257, 1300])('has the hashes of full tiles after %i records', async (count) => {
    const file = newFile();
    await append(file, 'vm', count);
    const { kept, wanted } = treeOf(file);
    expect(kept).toEqual(wanted);
    expect(kept).toHaveLength(Math.floor(count / 256));
  });

  it('goes on where another process, or a refused draft, left it', async () => {
    const file = newFile();
    await append(file, 'a', 200);
    const [one, two] = [await openLedger({ file }), await openLedger({ file })];
    for (let i = 1; i <= 60; i++) {
      await one.journal.append(draft('one', i));
      await expect(one.journal.append(draft('one', i))).rejects.toMatchObject({ fault: 'conflict' });
      await two.journal.append(draft('two', i));
    }
    const { kept, wanted } = treeOf(file);
    expect(kept).toEqual(wanted);
    expect(kept).toHaveLength(1);
  });

  it('goes on after a transaction that was taken back', async () => {
    const file = newFile();
    const { journal } = await openLedger({ file, maxPages: 120 });
    const large = 'x'.repeat(20_000);
    const small = (to: Journal, first: number, last: number) =>
      Promise.all(Array.from({ length: last - first + 1 }, (_, i) => to.append(draft('small', first + i))));
    await small(journal, 1, 250);
    for (let i = 1; ; i++) {
      const failed = await journal.append(draft('large', i, { text: large })).catch((error: unknown) => error);
      if (failed instanceof Error) break;
    }
    await journal.close();
    const again = await openLedger({ file });
    await small(again.journal, 251, 600);
    const { kept, wanted } = treeOf(file);
    expect(kept).toEqual(wanted);
    expect(kept).toHaveLength(2);
  });

  it.each([
    ['was never made', 'DELETE FROM tree'],
    ['lost its end', 'DELETE FROM tree WHERE idx >= 2'],
    ['has a hole', 'DELETE FROM tree WHERE idx = 1'],
  ])('is made again where it %s', async (_, damage) => {
    const file = newFile();
    await append(file, 'vm', 1100);
    const db = new Database(file);
    db.exec(damage);
    const { leaves } = treeOf(file);
    expect(hex(rootAt(1100, sqliteTree(db)))).toBe(hex(mth(leaves)));
    db.close();
    await append(file, 'vm', 1, 1101);
    const { kept, wanted } = treeOf(file);
    expect(kept).toEqual(wanted);
  });

  it('catches up step by step on more than a step', () => {
    const file = newFile();
    const db = new Database(file);
    migrate(db);
    const leaf = (i: number): Buffer => Buffer.alloc(32, i % 251);
    const insert = db.prepare("INSERT INTO records VALUES (?, 1, ?, 0, 0, 't', 'a', NULL, NULL, ?, x'')");
    const size = 65_536 + 1000;
    db.transaction(() => {
      for (let i = 1; i <= size; i++) insert.run(i, i, leaf(i));
    })();
    new TreeKeeper(db).catchUp();
    const leaves = Array.from({ length: size }, (_, i) => leaf(i + 1));
    const levels = db.prepare('SELECT level, count(*) AS count FROM tree GROUP BY level ORDER BY level').all();
    expect(levels).toEqual([
      { level: 1, count: 259 },
      { level: 2, count: 1 },
    ]);
    expect(hex(rootAt(size, sqliteTree(db)))).toBe(hex(mth(leaves)));
    db.close();
  });

  it('says of records that are not there that they are not', async () => {
    const { tree } = await openLedger();
    expect(() => rootAt(1, tree)).toThrow('the records 1 to 1');
  });
});
