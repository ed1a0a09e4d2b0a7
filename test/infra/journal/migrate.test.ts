import Database from 'better-sqlite3';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { APPLICATION_ID, migrate, migrationsIn } from '../../../src/infra/journal/migrate.js';
import { temporaryFiles } from './files.js';

const newFile = temporaryFiles();

const FIRST = `PRAGMA application_id = ${APPLICATION_ID}; CREATE TABLE steps (name TEXT);`;

/** A folder of migrations, and a database that is not yet migrated. */
function setUp(files: Readonly<Record<string, string>>): { readonly folder: string; readonly db: Database.Database } {
  const file = newFile();
  const folder = join(dirname(file), 'migrations');
  mkdirSync(folder);
  for (const [name, sql] of Object.entries(files)) writeFileSync(join(folder, name), sql);
  return { folder, db: new Database(file) };
}

const version = (db: Database.Database): unknown => db.pragma('user_version', { simple: true });

const steps = (db: Database.Database): unknown[] => db.prepare('SELECT name FROM steps').pluck().all();

describe('migrate', () => {
  it('applies all steps in order, and counts them in user_version', () => {
    const { folder, db } = setUp({
      '002_two.sql': "INSERT INTO steps VALUES ('two')",
      '001_one.sql': FIRST,
      '003_three.sql': "INSERT INTO steps VALUES ('three')",
      'README.md': 'not a migration',
    });
    migrate(db, folder);
    expect(steps(db)).toEqual(['two', 'three']);
    expect(version(db)).toBe(3);
    db.close();
  });

  it('applies only what is missing', () => {
    const { folder, db } = setUp({ '001_one.sql': FIRST });
    migrate(db, folder);
    writeFileSync(join(folder, '002_two.sql'), "INSERT INTO steps VALUES ('two')");
    migrate(db, folder);
    migrate(db, folder);
    expect(steps(db)).toEqual(['two']);
    expect(version(db)).toBe(2);
    db.close();
  });

  it('undoes a step that fails, whole, and keeps those before it', () => {
    const { folder, db } = setUp({
      '001_one.sql': FIRST,
      '002_two.sql': "INSERT INTO steps VALUES ('two'); INSERT INTO nowhere VALUES (1);",
    });
    expect(() => migrate(db, folder)).toThrow('nowhere');
    expect(version(db)).toBe(1);
    expect(steps(db)).toEqual([]);
    db.close();
  });

  it('does not write to a database that is up to date', () => {
    const { folder, db } = setUp({ '001_one.sql': FIRST });
    migrate(db, folder);
    const other = new Database(db.name);
    const before = other.pragma('data_version', { simple: true });
    migrate(db, folder);
    expect(other.pragma('data_version', { simple: true })).toBe(before);
    other.close();
    db.close();
  });

  it('refuses a folder with a number missing', () => {
    const { folder, db } = setUp({ '001_one.sql': FIRST, '003_three.sql': '' });
    expect(() => migrationsIn(folder)).toThrow('migration 2 is missing: found 003_three.sql');
    rmSync(folder, { recursive: true });
    db.close();
  });
});
