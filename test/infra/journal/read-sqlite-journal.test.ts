import Database from 'better-sqlite3';
import { copyFileSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lastValueFrom } from 'rxjs';
import { ForeignFileError, NewerDatabaseError } from '../../../src/infra/journal/migrate.js';
import { readSqliteJournal } from '../../../src/infra/journal/sqlite-journal.js';
import { History } from '../../../src/infra/machines/history.js';
import { Replays } from '../../../src/infra/replays.js';
import { world } from '../../../src/infra/world.js';
import { draft } from './drafts.js';
import { temporaryFiles, temporaryLedgers } from './files.js';

const GOLDEN = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'golden');
const golden = readdirSync(GOLDEN).filter((name) => name.endsWith('.sqlite'));

const openLedger = temporaryLedgers();
const newFile = temporaryFiles();

async function written(file = newFile()): Promise<string> {
  const { journal } = await openLedger({ file });
  await journal.append(draft('vm', 1));
  await journal.close();
  return file;
}

describe('a journal that is only read', () => {
  it('takes no record, and says so', async () => {
    const { journal, snapshots } = readSqliteJournal({ file: await written() });
    expect(await journal.head()).toBe(1);
    await expect(journal.append(draft('vm', 2))).rejects.toMatchObject({ fault: 'readonly' });
    await expect(journal.appendTogether([draft('vm', 2)])).rejects.toMatchObject({ fault: 'readonly' });
    await expect(snapshots.drop('vm')).rejects.toMatchObject({ fault: 'readonly' });
    expect(await journal.health()).toBe('readonly');
    await journal.close();
    await expect(journal.head()).rejects.toMatchObject({ fault: 'closed' });
  });

  it('sees what another appends meanwhile', async () => {
    const file = await written();
    const { journal } = readSqliteJournal({ file });
    const { journal: writing } = await openLedger({ file });
    await writing.append(draft('vm', 2));
    expect(await journal.head()).toBe(2);
    await journal.close();
  });

  it('is not one that is no ledger, or newer, or empty, or not there', async () => {
    const [text, empty, newer] = [newFile(), newFile(), await written()];
    writeFileSync(text, 'x'.repeat(5000));
    new Database(empty).exec('VACUUM').close();
    const db = new Database(newer);
    db.pragma('user_version = 999');
    db.close();
    expect(() => readSqliteJournal({ file: text })).toThrow(ForeignFileError);
    expect(() => readSqliteJournal({ file: empty })).toThrow(ForeignFileError);
    expect(() => readSqliteJournal({ file: newer })).toThrow(NewerDatabaseError);
    expect(() => readSqliteJournal({ file: newFile() })).toThrow('unable to open');
  });

  it.each(golden)('is replayed as it is, of whatever schema version: %s', async (name) => {
    const file = newFile();
    copyFileSync(join(GOLDEN, name), file);
    const { journal, snapshots } = readSqliteJournal({ file });
    const replays = new Replays(journal, new History(journal, snapshots), world);
    const steps = replays.progress((await replays.start()).id);
    if (steps === undefined) throw new Error('it was forgotten');
    const { checked, divergences, error } = await lastValueFrom(steps);
    expect([checked, divergences, error]).toEqual([await journal.head(), [], undefined]);
    await journal.close();
    expect(readFileSync(file).equals(readFileSync(join(GOLDEN, name)))).toBe(true);
  });
});
