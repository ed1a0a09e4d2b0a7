import Database from 'better-sqlite3';
import { migrate, migrationsIn } from '../journal/migrate.js';

interface SchemaRow {
  readonly name: string;
  readonly definition: string;
}

/** With quotes, since text and a blob of the same bytes are not the same. What has no page of its own has 0 for its page. */
const ROWS = `SELECT type || ' ' || name AS name,
  quote(type) || quote(name) || quote(tbl_name) || quote(sql) ||
  CASE type WHEN 'trigger' THEN quote(rootpage) ELSE '' END AS definition FROM sqlite_schema`;

const rowsOf = (db: Database.Database): ReadonlyMap<string, string> => {
  const rows = db.prepare<[], SchemaRow>(ROWS).all();
  return new Map(rows.map(({ name, definition }) => [name, definition]));
};

/** What a database of each schema version has, as far as it was asked for. */
const known = new Map<number, ReadonlyMap<string, string>>();

function expectedAt(version: number): ReadonlyMap<string, string> {
  const db = new Database(':memory:');
  migrate(db, undefined, version);
  const rows = rowsOf(db);
  db.close();
  known.set(version, rows);
  return rows;
}

/** The newest schema version. */
export const newestVersion = (): number => migrationsIn().length;

/** The names of tables, triggers and indexes that are missing, too many, or other than the migrations make them. */
export function schemaFlaws(db: Database.Database, version: number): string[] {
  const expected = known.get(version) ?? expectedAt(version);
  const found = rowsOf(db);
  const names = new Set([...expected.keys(), ...found.keys()]);
  return [...names].filter((name) => expected.get(name) !== found.get(name));
}
