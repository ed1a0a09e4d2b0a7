import type Database from 'better-sqlite3';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../project.js';
import { sqliteCode } from './sqlite-faults.js';

/** "vmlg": what the header of a journal's file says that it is (SQLite's application_id). */
export const APPLICATION_ID = 0x766d6c67;

/** migrations/ of this repository. */
export const MIGRATIONS = join(PROJECT, 'migrations');

/** The file was written by a newer release, whose schema this one does not know. */
export class NewerDatabaseError extends Error {
  constructor(
    readonly file: string,
    readonly found: number,
    readonly known: number,
  ) {
    super(`${file} has schema version ${found}; this release knows versions up to ${known}`);
  }
}

/** The file is not a journal. */
export class ForeignFileError extends Error {
  constructor(readonly file: string) {
    super(`${file} is not a journal of vmledger`);
  }
}

/** One step of the schema: `NNN_name.sql` brings a file from version NNN-1 to NNN. */
interface Migration {
  readonly version: number;
  readonly sql: string;
}

/** The migrations of a folder in order. Throws unless they are numbered 1, 2, 3… */
export function migrationsIn(folder = MIGRATIONS): Migration[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'));
  return names.sort().map((name, i) => {
    if (Number.parseInt(name, 10) !== i + 1) throw new Error(`migration ${i + 1} is missing: found ${name}`);
    return { version: i + 1, sql: readFileSync(`${folder}/${name}`, 'utf8') };
  });
}

const number = (db: Database.Database, pragma: string): number => Number(db.pragma(pragma, { simple: true }));

/** The schema version of a journal, 0 for an empty file. */
function versionOf(db: Database.Database): number {
  const version = number(db, 'user_version');
  const id = number(db, 'application_id');
  if (id === APPLICATION_ID) return version;
  const empty = db.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
  if (id === 0 && version === 0 && empty) return 0;
  throw new ForeignFileError(db.name);
}

/**
 * Brings a journal's file to the newest schema that `folder` has, one transaction a step, or creates it. A file that is up to
 * date is not written to.
 *
 * @param upTo the schema version to stop at
 * @throws NewerDatabaseError, ForeignFileError; a migration that fails leaves its step undone
 */
export function migrate(db: Database.Database, folder = MIGRATIONS, upTo = Infinity): void {
  const migrations = migrationsIn(folder).filter(({ version }) => version <= upTo);
  const found = foundIn(db);
  if (found > migrations.length) throw new NewerDatabaseError(db.name, found, migrations.length);
  for (const { version, sql } of migrations.slice(found)) {
    db.transaction(() => {
      if (versionOf(db) >= version) return;
      db.exec(sql);
      db.pragma(`user_version = ${version}`);
    }).immediate();
  }
}

/**
 * The schema version of a journal's file that is only read, and so stays as it is.
 *
 * @throws NewerDatabaseError, ForeignFileError; an empty file is none
 */
export function knownVersion(db: Database.Database): number {
  const found = foundIn(db);
  const known = migrationsIn().length;
  if (found === 0) throw new ForeignFileError(db.name);
  if (found > known) throw new NewerDatabaseError(db.name, found, known);
  return found;
}

function foundIn(db: Database.Database): number {
  try {
    return versionOf(db);
  } catch (error) {
    if (sqliteCode(error) === 'SQLITE_NOTADB') throw new ForeignFileError(db.name);
    throw error;
  }
}
