import Database from 'better-sqlite3';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LEDGER_FILE } from '../../../src/infra/data-dir.js';
import { Api } from '../support/api.js';
import { vmledger } from './cli.js';

describe('vmledger replay', () => {
  let api: Api;
  let folder: string;
  let copy: string;
  beforeAll(async () => {
    api = await Api.start();
    for (const vm of ['a', 'b']) {
      await api.machine(vm);
      await api.done('POST', `/v1/vms/${vm}/memop`, { op: 'absolute_write', gaddr: 0, size: 1, data: 'AA==' });
      await api.done('POST', `/v1/vms/${vm}/memop`, { op: 'absolute_read', gaddr: 0, size: 1 });
    }
    folder = mkdtempSync(join(tmpdir(), 'replay-'));
    copy = join(folder, LEDGER_FILE);
    const db = new Database(join(api.dataDir, LEDGER_FILE), { readonly: true });
    await db.backup(copy);
    db.close();
  });
  afterAll(async () => {
    await api.close();
    rmSync(folder, { recursive: true });
  });

  it('re-executes a closed ledger, and one that is served', async () => {
    for (const dataDir of [folder, api.dataDir]) {
      const file = join(dataDir, LEDGER_FILE);
      const said = { stdout: `${file}: 10 records re-executed, no divergence\n`, stderr: '', code: 0 };
      expect(await vmledger(['replay', dataDir])).toEqual(said);
      expect(await vmledger(['replay'], { DATA_DIR: dataDir })).toEqual(said);
    }
    const { stdout, code } = await vmledger(['replay', copy, '--vm', 'b', '--json']);
    expect(JSON.parse(stdout)).toEqual({ file: copy, vm: 'b', checked: 5, total: 5, erased: 0, divergences: [] });
    expect(code).toBe(0);
  });

  it('leaves the ledger as it was', async () => {
    const before = readFileSync(copy);
    await vmledger(['replay', copy]);
    expect(readFileSync(copy).equals(before)).toBe(true);
  });

  it('names each record that does not come out again', async () => {
    const bad = join(folder, 'bad.sqlite');
    cpSync(copy, bad);
    const db = new Database(bad);
    db.exec(`DROP TRIGGER records_update;
      UPDATE records SET bytes = CAST(replace(CAST(bytes AS TEXT), '"ret":0', '"ret":4') AS BLOB) WHERE position = 4`);
    db.close();
    const { stdout, code } = await vmledger(['replay', bad]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^position 4 \(a, version 4\): outcome: recorded \{.*"ret":4.*came out \{.*"ret":0/);
    expect(stdout).toContain('10 records re-executed, 1 divergences\n');
    expect((await vmledger(['replay', bad, '--vm', 'b'])).code).toBe(0);
  });

  it.each([
    ['a path where nothing is', ['replay', '/nowhere'], 'there is no ledger at /nowhere'],
    ['a VM that never was', ['replay', '--vm', 'x'], 'x'],
    ['a file that is none', ['replay', process.execPath], 'not a journal'],
  ])('cannot replay %s', async (_, args, said) => {
    const { stdout, stderr, code } = await vmledger(args, { DATA_DIR: folder });
    expect([stdout, code]).toEqual(['', 2]);
    expect(stderr).toContain(said);
  });
});
