import Database from 'better-sqlite3';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LEDGER_FILE } from '../../../src/infra/data-dir.js';
import { openService } from '../../../src/infra/service.js';
import { command } from '../../../src/domain/vm/command.js';
import { keyText } from '../../../src/domain/audit/tlog/key.js';
import { signer } from '../../domain/support/tlog-keys.js';
import { vmledger } from './cli.js';

/** A data directory that was closed, one as it was before, and a copy of the first to do harm to. */
let folder: string;
let closed: string;
let earlier: string;
let copy: string;
let vkey: string;

async function live(vms: readonly string[]): Promise<void> {
  const service = await openService({ dataDir: closed });
  for (const vm of vms)
    await service.machines.submit({
      vm,
      command: command.parse({ type: 'create_vm', arch: 's390x' }),
      actor: 'test',
      requestId: 'r',
    });
  vkey = keyText(service.log.key);
  await service.close();
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
  [closed, earlier, copy] = ['closed', 'earlier', 'copy'].map((name) => join(folder, name)) as [string, string, string];
  await live(['a', 'b', 'c']);
  cpSync(closed, earlier, { recursive: true });
  await live(['d', 'e']);
});
beforeEach(() => {
  rmSync(copy, { recursive: true, force: true });
  cpSync(closed, copy, { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

const checkpointOf = (dataDir: string): string => join(dataDir, 'log', 'checkpoint');

async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { stdout, code } = await vmledger(['verify', '--json', ...args]);
  return { ...(JSON.parse(stdout) as object), code };
}

function tamper(sql: string): void {
  const db = new Database(join(copy, LEDGER_FILE));
  const triggers = db
    .prepare<[], { name: string; sql: string }>("SELECT * FROM sqlite_schema WHERE type = 'trigger'")
    .all();
  for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`);
  db.exec(sql);
  for (const { sql: made } of triggers) db.exec(made);
  db.close();
}

describe('vmledger verify', () => {
  it('does not call a ledger broken that cannot be opened where it is', async () => {
    // As in a folder that nobody can write to: SQLite cannot have its file there.
    const wal = join(copy, `${LEDGER_FILE}-wal`);
    rmSync(wal, { force: true });
    mkdirSync(wal);
    const { stdout, stderr, code } = await vmledger(['verify', copy]);
    expect([stdout, code]).toEqual(['', 2]);
    expect(stderr).toContain('cannot be opened where it is');
  });

  it('says that a ledger is sound, of a data directory, a file, and the one in DATA_DIR', async () => {
    for (const [args, env] of [
      [[copy], {}],
      [[join(copy, LEDGER_FILE)], {}],
      [[], { DATA_DIR: copy }],
    ] as const) {
      const { stdout, stderr, code } = await vmledger(['verify', ...args], env);
      expect([stderr, code]).toEqual(['', 0]);
      expect(stdout).toMatch(/ledger\.sqlite: sound: 5 records, all under a signed checkpoint\nroot \S{43}=\n$/);
    }
    expect(await json(copy)).toMatchObject({ state: 'sound', code: 0, records: 5, signed: 5, flaws: [] });
  }, 30_000);

  it('names the first bad position', async () => {
    tamper("UPDATE records SET actor = 'nobody' WHERE position IN (3, 5)");
    const { stdout, code } = await vmledger(['verify', copy]);
    expect(code).toBe(1);
    expect(stdout).toContain('position 3: index: actor is nobody, not test\n');
    expect(stdout).toContain('broken, the first bad position is 3\n');
    expect(await json(copy)).toMatchObject({
      state: 'broken',
      code: 1,
      firstBad: 3,
      flaws: [{ position: 3 }, { position: 5 }],
    });
  }, 30_000);

  it('tells a ledger that was rolled back by the checkpoint beside it', async () => {
    copyFileSync(join(earlier, LEDGER_FILE), join(copy, LEDGER_FILE));
    expect(await json(copy)).toMatchObject({ state: 'broken', code: 1, firstBad: 4, records: 3 });
  });

  it('tells a data directory that was rolled back whole by a checkpoint that was kept elsewhere', async () => {
    expect(await json(earlier)).toMatchObject({ state: 'sound', code: 0 });
    const kept = ['--checkpoint', checkpointOf(closed), '--key', vkey];
    expect(await json(earlier, ...kept)).toMatchObject({ state: 'broken', code: 1, firstBad: 4 });
    expect(await json(closed, ...kept)).toMatchObject({ state: 'sound', code: 0 });
    expect(await json(closed, '-c', checkpointOf(earlier), '-c', checkpointOf(closed))).toMatchObject({ code: 0 });
  }, 30_000);

  it('says how far a ledger is signed', async () => {
    rmSync(join(copy, 'log'), { recursive: true });
    expect(await json(copy)).toMatchObject({ state: 'unsigned', code: 3, signed: 0, flaws: [] });
    const old = ['-c', checkpointOf(earlier), '-k', vkey];
    expect(await json(copy, ...old)).toMatchObject({ state: 'unsigned', code: 3, signed: 3, records: 5 });
    expect((await vmledger(['verify', copy, ...old])).stdout).toContain('only 3 of 5 records');
  }, 30_000);

  it('believes nobody else', async () => {
    const stranger = keyText(signer('x.example', 'ed25519', 1).key);
    expect(await json(copy, '-k', stranger)).toMatchObject({ code: 1, flaws: [{ what: 'checkpoint' }] });
    const sameName = keyText(signer(vkey.split('+')[0] ?? '', 'ed25519', 1).key);
    expect(await json(copy, '-k', sameName)).toMatchObject({ code: 1, flaws: [{ what: 'checkpoint' }] });
  }, 30_000);

  it.each([
    ['the checkpoint', 'checkpoint', (text: string) => text.replace('\n5\n', '\n4\n')],
    ['the checkpoint, so that it is none', 'checkpoint', () => ''],
    ['the key', 'vkey', (text: string) => text.replace('vmledger', 'wmledger')],
  ])('finds that %s beside the ledger was altered', async (_, name, change) => {
    const file = join(copy, 'log', name);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
    expect(await json(copy)).toMatchObject({ state: 'broken', code: 1, flaws: [{ what: 'checkpoint' }] });
  });

  it.each([
    ['a path where nothing is', ['verify', '/nowhere/at/all'], 'there is no ledger at /nowhere/at/all'],
    ['a checkpoint that is not there', ['verify', '-c', '/nowhere/checkpoint'], 'no file /nowhere/checkpoint'],
    ['a key that is none', ['verify', '-k', 'key'], 'key is not the vkey of a log'],
    ['an unknown option', ['verify', '--fast'], '--fast'],
    ['an unknown command', ['very'], 'very'],
    ['too many ledgers', ['verify', 'a', 'b'], 'too many'],
  ])('cannot verify with %s', async (_, args, said) => {
    const { stdout, stderr, code } = await vmledger(args, { DATA_DIR: copy });
    expect([stdout, code]).toEqual(['', 2]);
    expect(stderr).toContain(said);
  });

  it('explains itself', async () => {
    const { stdout, code } = await vmledger(['verify', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Exit codes: 0 sound, 1 broken, 2 cannot verify, 3 sound but not all of it signed');
  });

  it('leaves the ledger as it was', async () => {
    const before = readFileSync(join(copy, LEDGER_FILE));
    await json(copy);
    expect(readFileSync(join(copy, LEDGER_FILE)).equals(before)).toBe(true);
  });

  it('verifies a ledger that is being served', async () => {
    const service = await openService({ dataDir: copy });
    try {
      expect(await json(copy)).toMatchObject({ state: 'sound', code: 0 });
    } finally {
      await service.close();
    }
  });
});
