import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { command } from '../../../src/domain/vm/command.js';
import { TokenStore } from '../../../src/infra/access/token-store.js';
import { NotEmptyError, copyDataDir } from '../../../src/infra/backup/copy-data-dir.js';
import { copyDatabase } from '../../../src/infra/backup/copy-database.js';
import { LEDGER_FILE, TOKENS_FILE } from '../../../src/infra/data-dir.js';
import { type Service, openService } from '../../../src/infra/service.js';
import { world } from '../../../src/infra/world.js';
import { covered } from '../../support/covered.js';

const create = (service: Service, vm: string) =>
  service.machines.submit({
    vm,
    command: command.parse({ type: 'create_vm', arch: 's390x' }),
    actor: 'test',
    requestId: 'r',
  });

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('a copy of a data directory', () => {
  let folder: string;
  let from: string;
  let to: string;
  let service: Service;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'backup-'));
    [from, to] = [join(folder, 'data'), join(folder, 'copies', 'copy')];
    service = await openService({ dataDir: from });
    for (const vm of ['a', 'b', 'c']) await create(service, vm);
    await covered(service.log, 3);
  });
  afterEach(async () => {
    await service.close();
    rmSync(folder, { recursive: true });
  });

  const root = (): string => Buffer.from(service.log.newest().root).toString('base64');

  it('has what was there, of a service that runs, and is sound', async () => {
    const report = await copyDataDir({ from, to, log: true });
    expect(report).toMatchObject({ records: 3, signed: 3, root: root(), flaws: [] });
    expect(readdirSync(to).sort()).toEqual(['ledger.sqlite', 'log']);
    expect(readdirSync(join(to, 'log')).sort()).toEqual(['checkpoint', 'key', 'vkey']);
    for (const file of ['log/checkpoint', 'log/key', 'log/vkey'])
      expect(readFileSync(join(to, file), 'utf8')).toBe(readFileSync(join(from, file), 'utf8'));
    expect(readdirSync(join(folder, 'copies'))).toEqual(['copy']);
  });

  it('can be read by its owner alone', async () => {
    await copyDataDir({ from, to, log: true });
    expect(['', 'log/key', LEDGER_FILE].map((path) => modeOf(join(to, path)))).toEqual([0o700, 0o600, 0o600]);
  });

  it('brings tokens along', async () => {
    const store = new TokenStore(from, world);
    const { token } = store.create({ actor: 'ci', roles: ['reader'], labels: [] });
    await copyDataDir({ from, to, log: true });
    store.close();
    const copy = new TokenStore(to, world);
    expect(copy.principal(token)).toMatchObject({ actor: 'ci' });
    copy.close();
    expect(modeOf(join(to, TOKENS_FILE))).toBe(0o600);
  });

  it('is a data directory that can be served, whose log goes on', async () => {
    await copyDataDir({ from, to, log: true });
    const signed = service.log.newest();
    const other = await openService({ dataDir: to });
    expect(other.log.key).toEqual(service.log.key);
    expect(await create(other, 'd')).toMatchObject({ position: 4 });
    await covered(other.log, 4);
    expect((await other.journal.read({ after: 0, limit: 3 })).map(({ leafHash }) => leafHash)).toEqual(
      (await service.journal.read({ after: 0, limit: 3 })).map(({ leafHash }) => leafHash),
    );
    expect(other.log.newest().size).toBeGreaterThan(signed.size);
    await other.close();
  });

  it('without the log begins another', async () => {
    const report = await copyDataDir({ from, to, log: false });
    expect(report).toMatchObject({ records: 3, signed: 3, flaws: [] });
    expect(readdirSync(to)).toEqual(['imported', LEDGER_FILE]);
    expect(readFileSync(join(to, 'imported', '1', 'checkpoint'), 'utf8')).toBe(
      readFileSync(join(from, 'log', 'checkpoint'), 'utf8'),
    );
    expect(readdirSync(join(to, 'imported', '1')).sort()).toEqual(['checkpoint', 'vkey']);
    const other = await openService({ dataDir: to });
    expect(other.log.key).not.toEqual(service.log.key);
    expect(other.log.newest().size).toBe(3);
    await other.close();
    const third = join(folder, 'copies', 'third');
    expect(await copyDataDir({ from: to, to: third, log: false })).toMatchObject({ signed: 3, flaws: [] });
    expect(readdirSync(join(third, 'imported')).sort()).toEqual(['1', '2']);
  });

  it.each([
    ['a file', () => writeFileSync(to, '')],
    [
      'a directory with something in it',
      () => {
        mkdirSync(to);
        writeFileSync(join(to, 'x'), '');
      },
    ],
  ])('is not made where there is %s', async (_what, make) => {
    mkdirSync(join(folder, 'copies'));
    make();
    await expect(copyDataDir({ from, to, log: true })).rejects.toThrow(NotEmptyError);
    expect(readdirSync(join(folder, 'copies'))).toEqual(['copy']);
  });

  it('is made in an empty directory', async () => {
    mkdirSync(to, { recursive: true });
    expect(await copyDataDir({ from, to, log: true })).toMatchObject({ flaws: [] });
    expect(readdirSync(to)).toContain(LEDGER_FILE);
  });

  it('is not made of a ledger that is not sound, and nothing is left of it', async () => {
    const bad = join(folder, 'bad');
    await service.close();
    cpSync(from, bad, { recursive: true });
    const db = new Database(join(bad, LEDGER_FILE));
    const { sql } = db
      .prepare<[], { sql: string }>("SELECT sql FROM sqlite_schema WHERE name = 'records_update'")
      .get() ?? { sql: '' };
    db.exec('DROP TRIGGER records_update');
    db.exec("UPDATE records SET actor = 'nobody' WHERE position = 2");
    db.exec(sql);
    db.close();
    const { flaws } = await copyDataDir({ from: bad, to, log: true });
    expect(flaws).toMatchObject([{ what: 'index', position: 2 }]);
    expect(readdirSync(join(folder, 'copies'))).toEqual([]);
    service = await openService({ dataDir: from });
  });

  it('is not made, and leaves nothing, once it is told to end', async () => {
    await expect(copyDataDir({ from, to, log: true, signal: AbortSignal.abort() })).rejects.toThrow();
    expect(readdirSync(join(folder, 'copies'))).toEqual([]);
  });

  it('has all that its log signed, whatever is signed while it is made', async () => {
    await copyDataDir({ from, to, log: true });
    await create(service, 'd');
    await covered(service.log, 4);
    const again = join(folder, 'copies', 'again');
    const before = readFileSync(join(to, 'log', 'checkpoint'), 'utf8');
    // As if a service had signed more meanwhile.
    const copying = () => cpSync(join(from, 'log', 'checkpoint'), join(to, 'log', 'checkpoint'));
    expect(await copyDataDir({ from: to, to: again, log: true, copying })).toMatchObject({ signed: 3, flaws: [] });
    expect(readFileSync(join(again, 'log', 'checkpoint'), 'utf8')).toBe(before);
    expect(readFileSync(join(to, 'log', 'checkpoint'), 'utf8')).not.toBe(before);
  });

  it('is not made of less than a checkpoint that is kept elsewhere signed', async () => {
    await copyDataDir({ from, to, log: true });
    await create(service, 'd');
    await covered(service.log, 4);
    const newer = join(folder, 'checkpoint');
    cpSync(join(from, 'log', 'checkpoint'), newer);
    const again = join(folder, 'copies', 'again');
    for (const log of [true, false]) {
      const { flaws } = await copyDataDir({ from: to, to: again, log, checkpoints: [newer] });
      expect(flaws).toMatchObject([{ what: 'checkpoint', position: 4 }]);
    }
    expect(readdirSync(join(folder, 'copies'))).toEqual(['copy']);
  });
});

describe('a copy of a database', () => {
  it('is that of one moment, however often others write while it is made', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'copy-'));
    const [from, to] = [join(folder, 'from'), join(folder, 'to')];
    const writer = new Database(from);
    writer.pragma('journal_mode = WAL');
    writer.exec('CREATE TABLE t (n INTEGER, filler BLOB)');
    const insert = writer.prepare('INSERT INTO t VALUES (?, randomblob(4000))');
    const count = 2000;
    writer.transaction(() => {
      for (let n = 0; n < count; n++) insert.run(n);
    })();
    const steps: number[] = [];
    let written = 0;
    await copyDatabase(from, to, 0o600, (done) => {
      steps.push(done);
      written++;
      insert.run(-1);
      writer.exec('UPDATE t SET n = n + 1000000 WHERE n = 0');
    });
    writer.close();
    const copy = new Database(to, { readonly: true });
    expect(copy.prepare('SELECT count(*), min(n), max(n) FROM t').raw().get()).toEqual([count, 0, count - 1]);
    expect(copy.pragma('integrity_check', { simple: true })).toBe('ok');
    copy.close();
    expect(written).toBeGreaterThan(4);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(readdirSync(folder).sort()).toEqual(expect.arrayContaining(['from', 'to']) as unknown);
    expect(readdirSync(folder)).not.toContain('to-wal');
    rmSync(folder, { recursive: true });
  });
});
