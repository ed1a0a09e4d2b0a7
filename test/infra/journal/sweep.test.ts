import Database from 'better-sqlite3';
import { existsSync, readFileSync } from 'node:fs';
import { migrate } from '../../../src/infra/journal/migrate.js';
import type { SqliteLedger } from '../../../src/infra/journal/sqlite-journal.js';
import { draft } from './drafts.js';
import { temporaryFiles, temporaryLedgers } from './files.js';

const openLedger = temporaryLedgers();
const newFile = temporaryFiles();

const MARKER = 'what nobody may find again';

const piece = (size = 0) => ({
  role: 'command.data',
  salt: new Uint8Array(32).fill(0xa5),
  bytes: Buffer.concat([Buffer.from(MARKER), Buffer.alloc(size, 1)]),
});

/** Whether a marker is anywhere in a journal's files. */
const isIn = (file: string, marker: string | Buffer): boolean =>
  [file, `${file}-wal`, `${file}-shm`].some((name) => existsSync(name) && readFileSync(name).includes(marker));

const SALT = Buffer.alloc(32, 0xa5);

/** Appends a record that loses the data of the records from 1 up to, not including, it. */
async function erase({ journal }: SqliteLedger, version: number): Promise<void> {
  const positions = Array.from({ length: version - 1 }, (_, i) => i + 1);
  await journal.append({
    ...draft('vm', version),
    erase: {
      heads: [{ vm: 'vm', version: version - 1 }],
      answers: positions,
      pieces: positions.map((position) => ({ position, role: 'command.data' })),
      remains: positions.map((position) => ({ position, vm: 'vm', text: '{}' })),
    },
  });
}

const snapshot = (position: number) => ({
  vm: 'vm',
  version: position,
  position,
  model: 'm',
  control: Buffer.from(MARKER),
});
const node = { digest: new Uint8Array(32).fill(7), level: 0, body: Buffer.from(MARKER) };

describe('once an erasure is swept', () => {
  it.each([
    ['short', 0],
    ['of some pages', 20_000],
  ])('data that is %s is in none of the files, nor is its salt', async (_, size) => {
    const file = newFile();
    const ledger = await openLedger({ file });
    for (let version = 1; version <= 30; version++)
      await ledger.journal.append(draft('vm', version, { data: [piece(size)] }));
    expect(isIn(file, MARKER)).toBe(true);
    await erase(ledger, 31);
    await ledger.journal.sweep();
    expect([isIn(file, MARKER), isIn(file, SALT)]).toEqual([false, false]);
  });

  it('snapshots of the VM are gone, and none that is older comes after', async () => {
    const file = newFile();
    const ledger = await openLedger({ file });
    await ledger.journal.append(draft('vm', 1, { data: [piece()] }));
    await ledger.journal.append(draft('other', 1));
    await ledger.snapshots.save(snapshot(1), [node]);
    await erase(ledger, 2);
    await ledger.snapshots.save(snapshot(1), [node]);
    await ledger.journal.sweep();
    expect(isIn(file, MARKER)).toBe(false);
    expect(await ledger.snapshots.latest('vm', 9)).toBeUndefined();
    await ledger.snapshots.save({ ...snapshot(3), control: Uint8Array.of(1) }, []);
    expect(await ledger.snapshots.latest('vm', 9)).toMatchObject({ position: 3 });
  });

  it('so is what older releases left in free space', async () => {
    const file = newFile();
    const db = new Database(file);
    migrate(db, undefined, 4);
    db.pragma('journal_mode = WAL');
    db.exec('CREATE TABLE filler (x)');
    for (let i = 0; i < 50; i++) db.prepare('INSERT INTO filler VALUES (?)').run(`${MARKER}${'-'.repeat(5000)}`);
    db.exec('DELETE FROM filler; DROP TABLE filler');
    db.exec("INSERT INTO streams VALUES (1, 'vm')");
    db.exec("INSERT INTO records VALUES (1, 1, 1, 0, 0, 't', 'a', NULL, NULL, zeroblob(32), x'00')");
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
    expect(isIn(file, MARKER)).toBe(true);
    const ledger = await openLedger({ file });
    await erase(ledger, 2);
    await ledger.journal.sweep();
    expect(isIn(file, MARKER)).toBe(false);
  });

  it('it waits for who reads the files as they were, and says so', async () => {
    const file = newFile();
    const ledger = await openLedger({ file });
    await ledger.journal.append(draft('vm', 1, { data: [piece()] }));
    const reader = new Database(file, { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT * FROM bulk').all();
    await erase(ledger, 2);
    await expect(ledger.journal.sweep()).rejects.toMatchObject({ fault: 'busy' });
    await ledger.journal.append(draft('vm', 3));
    reader.close();
    await ledger.journal.sweep();
    expect(isIn(file, MARKER)).toBe(false);
  });

  it('a journal that was not swept is when it opens', async () => {
    const file = newFile();
    const first = await openLedger({ file });
    await first.journal.append(draft('vm', 1, { data: [piece()] }));
    // A second connection keeps the log from being emptied at the end.
    const reader = new Database(file, { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT * FROM bulk').all();
    await erase(first, 2);
    await first.journal.close();
    expect(isIn(file, MARKER)).toBe(true);
    reader.close();
    await openLedger({ file });
    expect(isIn(file, MARKER)).toBe(false);
  });
});
