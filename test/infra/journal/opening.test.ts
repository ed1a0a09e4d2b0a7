import Database from 'better-sqlite3';
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { assertDurable, openForReading, openForWriting } from '../../../src/infra/journal/connection.js';
import {
  APPLICATION_ID,
  ForeignFileError,
  NewerDatabaseError,
  MIGRATIONS,
  migrationsIn,
} from '../../../src/infra/journal/migrate.js';
import { draft } from './drafts.js';
import { temporaryFiles, temporaryLedgers } from './files.js';

const openLedger = temporaryLedgers();
const newFile = temporaryFiles();

const sqlite = (file: string, ...statements: readonly string[]): void => {
  const db = new Database(file);
  for (const statement of statements) db.exec(statement);
  db.close();
};

/** A journal with one record. */
async function written(): Promise<string> {
  const file = newFile();
  const { journal } = await openLedger({ file });
  await journal.append(draft('vm', 1));
  await journal.close();
  return file;
}

const NEWEST = migrationsIn(MIGRATIONS).length;

describe('durability', () => {
  it('is asserted of the connection that writes: WAL, synchronous FULL', () => {
    const db = openForWriting({ file: newFile() });
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
    db.close();
  });

  it.each(['synchronous = NORMAL', 'synchronous = OFF', 'journal_mode = DELETE'])('is missing with %s', (pragma) => {
    const db = openForWriting({ file: newFile() });
    db.pragma(pragma);
    expect(() => assertDurable(db)).toThrow(pragma.split(' ')[0]);
    db.close();
  });

  it('is missing where SQLite has no write-ahead log: the journal does not open', async () => {
    await expect(openLedger({ file: ':memory:' })).rejects.toThrow();
    expect(() => openForWriting({ file: ':memory:' })).toThrow('journal_mode is memory, not wal');
  });

  it('is not the readers’ business: they cannot write', async () => {
    const db = openForReading({ file: await written() });
    expect(() => db.exec('CREATE TABLE t (a)')).toThrow('readonly');
    db.close();
  });
});

describe('the schema', () => {
  it('is marked as a journal, of the newest version', async () => {
    const db = new Database(await written());
    expect(db.pragma('application_id', { simple: true })).toBe(APPLICATION_ID);
    expect(db.pragma('user_version', { simple: true })).toBe(NEWEST);
    db.close();
  });

  it('of a newer release is refused by both versions, and left as it is', async () => {
    const file = await written();
    sqlite(file, `PRAGMA user_version = ${NEWEST + 7}`);
    const before = readFileSync(file);
    const opened = openLedger({ file });
    await expect(opened).rejects.toBeInstanceOf(NewerDatabaseError);
    await expect(opened).rejects.toThrow(
      `${file} has schema version ${NEWEST + 7}; this release knows versions up to ${NEWEST}`,
    );
    expect(readFileSync(file).equals(before)).toBe(true);
  });
});

describe('a file that is not a journal', () => {
  it.each<readonly [string, (file: string) => void]>([
    ['a database of another program', (file) => sqlite(file, 'CREATE TABLE t (a)', 'PRAGMA application_id = 7')],
    ['a database without a mark', (file) => sqlite(file, 'CREATE TABLE t (a)')],
    ['an empty database with a version', (file) => sqlite(file, 'PRAGMA user_version = 1')],
    ['a text', (file) => writeFileSync(file, 'no database at all, but long enough to have a header'.repeat(100))],
  ])('is refused and left as it is: %s', async (_, make) => {
    const file = newFile();
    make(file);
    const before = readFileSync(file);
    await expect(openLedger({ file })).rejects.toBeInstanceOf(ForeignFileError);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('is a journal if it is empty', async () => {
    const file = newFile();
    writeFileSync(file, '');
    const { journal } = await openLedger({ file });
    expect(await journal.head()).toBe(0);
    await journal.close();
  });

  it('cannot be opened where there is no folder', async () => {
    await expect(openLedger({ file: `${newFile()}/none/ledger.sqlite` })).rejects.toThrow();
  });
});

describe('a file that cannot be written to', () => {
  /** Whoever runs the tests: a write version that SQLite does not know (sqlite.org/fileformat2.html, section 1.3.4). */
  const WRITE_VERSION = 18;

  const setWriteVersion = (file: string, version: number): void => {
    const fd = openSync(file, 'r+');
    writeSync(fd, Uint8Array.of(version), 0, 1, WRITE_VERSION);
    closeSync(fd);
  };

  it('is read, and refuses appends with readonly until it can be written to', async () => {
    const file = await written();
    setWriteVersion(file, 3);
    const { journal, snapshots } = await openLedger({ file });
    expect(await journal.read({ after: 0, limit: 10 })).toMatchObject([{ position: 1, vm: 'vm', version: 1 }]);
    await expect(journal.append(draft('vm', 2))).rejects.toMatchObject({ fault: 'readonly' });
    await expect(snapshots.drop('vm')).rejects.toMatchObject({ fault: 'readonly' });
    expect(await journal.health()).toBe('readonly');
    expect(await journal.head()).toBe(1);
    await journal.close();

    setWriteVersion(file, 2);
    const again = await openLedger({ file });
    expect(await again.journal.append(draft('vm', 2))).toMatchObject({ position: 2 });
    await again.journal.close();
  });

  it('cannot be brought up to date', async () => {
    const file = await written();
    sqlite(file, 'PRAGMA user_version = 0');
    setWriteVersion(file, 3);
    await expect(openLedger({ file })).rejects.toMatchObject({ fault: 'readonly' });
  });
});
