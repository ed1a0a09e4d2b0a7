import Database from 'better-sqlite3';
import { migrate } from '../../../src/infra/journal/migrate.js';
import { bulk, draft } from './drafts.js';
import { temporaryFiles, temporaryLedgers } from './files.js';

const openLedger = temporaryLedgers();
const newFile = temporaryFiles();

const RECORD =
  "(stream, version, time, ret, type, actor, leaf_hash, bytes, position) VALUES (1, 9, 0, 0, 't', 'a', x'', x''";

describe('the schema of the journal', () => {
  let db: Database.Database;

  beforeEach(async () => {
    const file = newFile();
    const { journal } = await openLedger({ file });
    await journal.append(draft('vm', 1, { data: [bulk('command.data', 1, 2, 3)] }));
    await journal.append(draft('vm', 2));
    const remains = [{ position: 1, vm: 'vm', text: '{}' }];
    const erase = { heads: [], pieces: [{ position: 1, role: 'gone' }], answers: [], remains };
    await journal.append({ ...draft('vm', 3), erase });
    await journal.append(draft('vm', 4));
    await journal.close();
    db = new Database(file);
  });

  afterEach(() => db.close());

  const everything = (): unknown[] =>
    ['streams', 'records', 'bulk', 'erased'].map((table) => db.prepare(`SELECT * FROM ${table}`).raw().all());

  it.each([
    ['UPDATE records SET bytes = x00', 'never changed'],
    ['UPDATE records SET ret = 1 WHERE position = 2', 'never changed'],
    ['UPDATE records SET position = 9 WHERE position = 2', 'never changed'],
    ['DELETE FROM records', 'never deleted'],
    ['DELETE FROM records WHERE position = 2', 'never deleted'],
    [`INSERT OR REPLACE INTO records ${RECORD}, 2)`, 'next position'],
    [`INSERT INTO records ${RECORD}, 6)`, 'next position'],
    [`INSERT INTO records ${RECORD}, NULL)`, 'next position'],
    ["UPDATE bulk SET role = 'other'", 'never changed'],
    ["UPDATE bulk SET bytes = x''", 'never changed'],
    ['DELETE FROM bulk', 'never deleted'],
    ["INSERT OR REPLACE INTO bulk VALUES (1, 'command.data', x'', x'')", 'added with its record'],
    ["INSERT INTO bulk VALUES (2, 'late', x'', x'')", 'added with its record'],
    ["UPDATE erased SET remains = '{}'", 'never changed'],
    ['DELETE FROM erased', 'never deleted'],
    ["INSERT INTO erased VALUES (1, 3, 'other', '{}')", 'added with the record of its erasure'],
    ["INSERT INTO erased VALUES (4, 4, 'vm', '{}')", 'added with the record of its erasure'],
    ["INSERT OR REPLACE INTO erased VALUES (1, 3, 'vm', '{\"\":1}')", 'added with the record of its erasure'],
    ["UPDATE streams SET vm = 'other'", 'never changed'],
    ['DELETE FROM streams', 'never deleted'],
    ["INSERT OR REPLACE INTO streams VALUES (1, 'other')", 'added once'],
    ["INSERT OR REPLACE INTO streams (vm) VALUES ('vm')", 'added once'],
  ])('refuses %s', (statement, reason) => {
    const before = everything();
    for (const recursive of ['ON', 'OFF']) {
      db.pragma(`recursive_triggers = ${recursive}`);
      expect(() => db.exec(statement.replace('x00', "x'00'"))).toThrow(reason);
    }
    expect(everything()).toEqual(before);
  });

  it.each([
    'streams',
    'records',
    'bulk',
    'stream_index',
    'snapshots',
    'nodes',
    'room',
    'tree',
    'webhooks',
    'answers',
    'erased',
    'erasures',
    'unswept',
  ])('has %s as a strict table', (name) => {
    const tables = db.pragma('table_list') as { readonly name: string; readonly strict: number }[];
    expect(tables.find((table) => table.name === name)?.strict).toBe(1);
  });

  it.each(['stream_index', 'snapshots', 'nodes', 'room', 'tree'])('lets %s be emptied: it is derived', (name) => {
    db.exec(`DELETE FROM ${name}`);
    const triggers = db.prepare("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?").pluck();
    expect(triggers.get(name)).toBe(0);
  });

  it('is readable with any tool', () => {
    const text = db.prepare('SELECT CAST(bytes AS TEXT) FROM records WHERE position = 2').pluck().get();
    expect(JSON.parse(String(text))).toMatchObject({ position: 2, version: 2, vm: 'vm' });
  });

  it('does not change when it is migrated again', () => {
    const before = db.prepare('SELECT sql FROM sqlite_schema').all();
    migrate(db);
    expect(db.prepare('SELECT sql FROM sqlite_schema').all()).toEqual(before);
  });
});
