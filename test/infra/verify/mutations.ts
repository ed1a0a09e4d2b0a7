import Database from 'better-sqlite3';
import { createHash } from 'node:crypto';

/** A change that someone makes to a closed ledger; answers the first position that is then bad, if that can be told. */
export type Mutation = (db: Database.Database, choice: number) => number | undefined;

type Row = Record<string, number | string | Buffer | null>;

const pick = <Item>(items: readonly Item[], choice: number): Item => items[choice % items.length] as Item;

const one = (db: Database.Database, sql: string, ...values: unknown[]): number =>
  Number(
    db
      .prepare(sql)
      .pluck()
      .get(...values),
  );

/** The first record that a row of a table is about. */
const POSITION: Readonly<Record<string, (db: Database.Database, row: Row) => number>> = {
  records: (_, { position }) => Number(position),
  bulk: (_, { position }) => Number(position),
  stream_index: (_, { position }) => Number(position),
  streams: (db, { stream }) => one(db, 'SELECT position FROM records WHERE stream = ? AND version = 1', stream),
  tree: (_, { level, idx }) => Number(idx) * 256 ** Number(level) + 1,
};

const KEYS: Readonly<Record<string, readonly string[]>> = {
  records: ['position'],
  bulk: ['position', 'role'],
  stream_index: ['stream', 'version'],
  streams: ['stream'],
  tree: ['level', 'idx'],
  erased: ['position', 'erasure', 'vm'],
  erasures: ['vm', 'position'],
};

const where = (table: string): string => (KEYS[table] ?? []).map((key) => `${key} = @${key}`).join(' AND ');

const rowsOf = (db: Database.Database, table: string): Row[] => db.prepare<[], Row>(`SELECT * FROM ${table}`).all();

/** A value with one bit, or one character, other than it was. */
function bent(value: Row[string] | undefined, choice: number): Row[string] {
  if (value === null || value === undefined) return choice % 4096;
  if (typeof value === 'number') return value + (choice % 2 === 0 ? 1 : 1 << (choice % 20)) * 100_000;
  const at = Math.floor(choice / 8) % Math.max(value.length, 1);
  if (typeof value === 'string') return `${value.slice(0, at)}${value[at] === '~' ? '!' : '~'}${value.slice(at + 1)}`;
  if (value.length === 0) return Buffer.of(0);
  return Buffer.from(value.map((byte, i) => (i === at ? byte ^ (1 << (choice % 8)) : byte)));
}

const changeCell =
  (table: string, column: string): Mutation =>
  (db, choice) => {
    const row = pick(rowsOf(db, table), choice);
    const position = POSITION[table]?.(db, row);
    const values = { ...row, changed: bent(row[column], Math.floor(choice / 7)) };
    db.prepare(`UPDATE ${table} SET ${column} = @changed WHERE ${where(table)}`).run(values);
    return position;
  };

const deleteRow =
  (table: string): Mutation =>
  (db, choice) => {
    const row = pick(rowsOf(db, table), choice);
    const position = POSITION[table]?.(db, row);
    db.prepare(`DELETE FROM ${table} WHERE ${where(table)}`).run(row);
    return position;
  };

const leafHash = (bytes: Buffer): Buffer => createHash('sha256').update(Buffer.of(0)).update(bytes).digest();

const insert = (db: Database.Database, table: string, row: Row): void => {
  const columns = Object.keys(row);
  db.prepare(`INSERT INTO ${table} VALUES (${columns.map((column) => `@${column}`).join(', ')})`).run(row);
};

/** Makes the table `tree` what it should be for the leaf hashes that there are: as an intruder would who knows how. */
function remakeTree(db: Database.Database): void {
  const leaves = db.prepare<[], Buffer>('SELECT leaf_hash FROM records ORDER BY position').pluck().all();
  const node = (a: Buffer, b: Buffer) => createHash('sha256').update(Buffer.of(1)).update(a).update(b).digest();
  const root = (hashes: readonly Buffer[]): Buffer =>
    hashes.length === 1
      ? (hashes[0] as Buffer)
      : node(root(hashes.slice(0, hashes.length / 2)), root(hashes.slice(hashes.length / 2)));
  db.exec('DELETE FROM tree');
  for (let idx = 0; (idx + 1) * 256 <= leaves.length; idx++)
    insert(db, 'tree', { level: 1, idx, hash: root(leaves.slice(idx * 256, (idx + 1) * 256)) });
}

/** Cuts off everything after a record, so that nothing is left over. */
function cut(db: Database.Database, last: number): void {
  for (const table of ['records', 'bulk']) db.prepare(`DELETE FROM ${table} WHERE position > ?`).run(last);
  db.prepare('DELETE FROM stream_index WHERE position > ?').run(last - (last % 1024));
  db.exec('DELETE FROM streams WHERE stream NOT IN (SELECT stream FROM records)');
  remakeTree(db);
}

const head = (db: Database.Database): number => one(db, 'SELECT max(position) FROM records');

const whole: Readonly<Record<string, Mutation>> = {
  'two records change places': (db, choice) => {
    const a = 1 + (choice % (head(db) - 1));
    const b = a + 1 + (Math.floor(choice / 3) % (head(db) - a));
    const move = db.prepare('UPDATE records SET position = ? WHERE position = ?');
    for (const [to, from] of [[-1, a], [a, b], [b, -1]]) move.run(to, from); // prettier-ignore
    return a;
  },
  'a record is taken out and those behind it move up': (db, choice) => {
    const position = 1 + (choice % (head(db) - 1));
    const renumber = (table: string) => {
      const up = db.prepare<[], number>(
        `SELECT DISTINCT position FROM ${table} WHERE position > ${position} ORDER BY 1`,
      );
      db.prepare(`DELETE FROM ${table} WHERE position = ?`).run(position);
      for (const at of up.pluck().all())
        db.prepare(`UPDATE ${table} SET position = ? WHERE position = ?`).run(at - 1, at);
    };
    ['records', 'bulk'].forEach(renumber);
    return position;
  },
  'a record is written once more at the end': (db, choice) => {
    const row = pick(rowsOf(db, 'records'), choice);
    insert(db, 'records', { ...row, position: head(db) + 1 });
    return head(db);
  },
  'data is put beside a record': (db, choice) => {
    const position = 1 + (choice % (head(db) + 3));
    insert(db, 'bulk', { position, role: 'x', salt: Buffer.alloc(32), bytes: Buffer.of(1) });
    return position;
  },
  'a stream is made up': (db) => {
    insert(db, 'streams', { stream: 99, vm: 'x' });
    return undefined;
  },
  'an index entry is made up': (db, choice) => {
    insert(db, 'stream_index', { stream: 99, version: 1, position: 1 + (choice % head(db)) });
    return undefined;
  },
  'a hash is made up': (db, choice) => {
    insert(db, 'tree', { level: 1 + (choice % 3), idx: 9, hash: Buffer.alloc(32) });
    return undefined;
  },
  'the tail is cut off': (db, choice) => {
    const last = choice % head(db);
    cut(db, last);
    return last + 1;
  },
  'a trigger is gone': (db, choice) => {
    const names = ['records_update', 'records_delete', 'bulk_delete', 'streams_update', 'records_append'];
    db.exec(`DROP TRIGGER ${pick(names, choice)}`);
    return undefined;
  },
  'a table is added': (db) => {
    db.exec('CREATE TABLE more (x)');
    return undefined;
  },
};

/** A record says something else, and everything that is derived from it follows: only what was signed tells. */
export const rewriteRecord: Mutation = (db, choice) => {
  const { position, bytes } = pick(rowsOf(db, 'records'), choice);
  const other = Buffer.from(String(bytes).replace('"requestId":"r"', '"requestId":"s"'));
  db.prepare('UPDATE records SET bytes = ?, leaf_hash = ? WHERE position = ?').run(other, leafHash(other), position);
  remakeTree(db);
  return Number(position);
};

const COLUMNS: Readonly<Record<string, string>> = {
  records: 'position stream version time ret type actor first_frame last_frame leaf_hash bytes',
  bulk: 'position role salt bytes',
  streams: 'stream vm',
  stream_index: 'stream version position',
  tree: 'level idx hash',
  erased: 'position erasure vm remains',
  erasures: 'vm position',
};

/** Every change by its name; `tables` are those that have rows. */
export function mutations(tables: readonly string[]): [name: string, Mutation][] {
  return [
    ...tables.flatMap((table): [string, Mutation][] => [
      ...(COLUMNS[table] ?? '')
        .split(' ')
        .map((column): [string, Mutation] => [`${table}.${column} is another`, changeCell(table, column)]),
      [`a row of ${table} is gone`, deleteRow(table)],
    ]),
    ...Object.entries(whole),
  ];
}

/** Makes a change behind the back of the triggers, which are there again afterwards. */
export function mutate(file: string, mutation: Mutation, choice: number): number | undefined {
  const db = new Database(file);
  try {
    db.pragma('synchronous = OFF');
    const triggers = db.prepare<[], { name: string; sql: string }>(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'",
    );
    const before = triggers.all();
    const isTriggerGone = mutation === whole['a trigger is gone'];
    if (isTriggerGone) return mutation(db, choice);
    for (const { name } of before) db.exec(`DROP TRIGGER ${name}`);
    const position = mutation(db, choice);
    for (const { sql } of before) db.exec(sql);
    return position;
  } finally {
    db.close();
  }
}
