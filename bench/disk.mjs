import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { median, rate, scratch } from './support.mjs';

/** What the disk and SQLite can do without us: the measure of the journal. */
export async function benchDisk() {
  const { path, remove } = scratch();
  const file = openSync(join(path, 'sync'), 'w');
  const page = Buffer.alloc(4096);
  const times = [];
  for (let i = 0; i < 500; i++) {
    writeSync(file, page, 0, page.length, i * page.length);
    const start = process.hrtime.bigint();
    fdatasyncSync(file);
    times.push(Number(process.hrtime.bigint() - start) / 1000);
  }
  closeSync(file);

  const db = new Database(join(path, 'raw.sqlite'));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec(
    'CREATE TABLE r (position INTEGER PRIMARY KEY, vm TEXT, version INTEGER, bytes BLOB, hash BLOB, UNIQUE (vm, version)) STRICT',
  );
  const insert = db.prepare('INSERT INTO r VALUES (?, ?, ?, ?, ?)');
  const bytes = Buffer.alloc(500, 1);
  const hash = Buffer.alloc(32, 2);
  let n = 0;
  const many = db.transaction((count) => {
    for (let i = 0; i < count; i++) insert.run(++n, 'vm', n, bytes, hash);
  });
  const loop = (times, count) => () => {
    for (let i = 0; i < times; i++) many(count);
  };
  const one = await rate(500, 5, loop(500, 1));
  const hundred = await rate(20_000, 5, loop(200, 100));
  db.close();
  remove();
  return [
    ['fdatasync of 4 KiB, p50', median(times), 'us'],
    ['raw inserts, 1 a transaction', one, '/s'],
    ['raw inserts, 100 a transaction', hundred, '/s'],
  ];
}
