import Database from 'better-sqlite3';
import { Appender } from '../../../src/infra/journal/appender.js';
import { openForWriting } from '../../../src/infra/journal/connection.js';
import { migrate } from '../../../src/infra/journal/migrate.js';
import type { DraftRow } from '../../../src/infra/journal/writer-messages.js';
import { temporaryFiles } from './files.js';

const newFile = temporaryFiles();

const row = (vm: string, version: number, text = '', data?: DraftRow[10]): DraftRow => [
  vm,
  version,
  `{"text":"${text}","position":`,
  '}',
  0,
  0,
  'mem_op',
  'alice',
  null,
  null,
  data,
  undefined,
  0,
  undefined,
];

describe('Appender', () => {
  let db: Database.Database;
  let appender: Appender;

  beforeEach(() => {
    db = openForWriting({ file: newFile(), busyTimeout: 20 });
    migrate(db);
    appender = new Appender(db);
  });

  afterEach(() => db.close());

  const count = (table: string): unknown => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();

  it('says which drafts of the transaction were refused, and from which position on the others are', () => {
    appender.commit([row('a', 1)]);
    const { count, first, refused } = appender.commit([
      row('a', 1),
      row('a', 2),
      row('b', 2),
      row('a', 3),
      row('b', 1),
    ]);
    expect({ count, first }).toEqual({ count: 5, first: 2 });
    expect([...refused]).toMatchObject([
      [0, { fault: 'conflict', detail: 'a is at version 1, not 0' }],
      [2, { fault: 'conflict', detail: 'b is at version 0, not 1' }],
    ]);
  });

  it('gives the leaf hashes of those that went in, in order', () => {
    const { leafHashes } = appender.commit([row('a', 1), row('a', 1), row('a', 2)]);
    const stored = db.prepare<[], Buffer>('SELECT leaf_hash FROM records ORDER BY position').pluck().all();
    expect(Buffer.from(leafHashes).subarray(0, 64).equals(Buffer.concat(stored))).toBe(true);
  });

  it('leaves nothing behind of a transaction that failed, and forgets what it had counted', () => {
    const failing = row('b', 1, '', [
      { role: 'same', salt: new Uint8Array(32), bytes: new Uint8Array() },
      { role: 'same', salt: new Uint8Array(32), bytes: new Uint8Array() },
    ]);
    const { refused } = appender.commit([row('a', 1), failing, row('c', 1)]);
    expect([...refused.values()].map(({ fault }) => fault)).toEqual(['broken', 'broken', 'broken']);
    expect([count('records'), count('bulk'), count('streams')]).toEqual([0, 0, 0]);
    expect(db.inTransaction).toBe(false);
    const again = appender.commit([row('a', 1), row('c', 1)]);
    expect({ first: again.first, refused: again.refused.size }).toEqual({ first: 1, refused: 0 });
  });

  it('refuses all with busy while another has the file, and takes them afterwards', () => {
    const other = new Database(db.name);
    other.exec('BEGIN IMMEDIATE');
    expect([...appender.commit([row('a', 1), row('b', 1)]).refused.values()]).toMatchObject([
      { fault: 'busy' },
      { fault: 'busy' },
    ]);
    other.exec('ROLLBACK');
    other.close();
    expect(appender.commit([row('a', 1), row('b', 1)])).toMatchObject({ first: 1, count: 2 });
  });

  it('sees what another connection has appended, however often they take turns', () => {
    const otherDb = openForWriting({ file: db.name });
    const other = new Appender(otherDb);
    for (let version = 1; version <= 3000; version += 2) {
      const fresh = version % 500 === 1 ? [row(`vm-${version}`, 1)] : [];
      expect(appender.commit([row('a', version), ...fresh]).refused.size).toBe(0);
      expect(other.commit([row('a', version), row('a', version + 1)]).refused.size).toBe(1);
    }
    expect(count('records')).toBe(3006);
    otherDb.close();
  });

  it.each([1, 7, 1023, 1024, 1025, 3000])(
    'indexes all streams up to the last multiple of 1024, in batches of %p',
    (size) => {
      const rows = Array.from({ length: 3000 }, (_, i) => row(`vm-${i % 5}`, Math.floor(i / 5) + 1));
      for (let i = 0; i < rows.length; i += size) appender.commit(rows.slice(i, i + size));
      const indexed = db.prepare('SELECT stream, version, position FROM stream_index ORDER BY position').raw().all();
      const expected = db.prepare('SELECT stream, version, position FROM records WHERE position <= 2048').raw().all();
      expect(indexed).toEqual(expected);
    },
  );

  it('stops when a stream has a version twice, rather than go on with a broken journal', () => {
    appender.commit(Array.from({ length: 1000 }, (_, i) => row('a', i + 1)));
    db.exec(`INSERT INTO records SELECT 1001, stream, version, time, ret, type, actor, NULL, NULL, leaf_hash, bytes
             FROM records WHERE position = 5`);
    const { refused } = new Appender(db).commit(Array.from({ length: 100 }, (_, i) => row('b', i + 1)));
    expect([...refused.values()][0]).toMatchObject({ fault: 'broken' });
    expect(count('records')).toBe(1001);
  });
});
