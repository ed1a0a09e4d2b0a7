import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { keyText } from '../../../src/domain/audit/tlog/key.js';
import { type Note, noteText } from '../../../src/domain/audit/tlog/note.js';
import { LEDGER_FILE } from '../../../src/infra/data-dir.js';
import { signer } from '../../domain/support/tlog-keys.js';
import Database from 'better-sqlite3';
import { Api } from '../support/api.js';
import { CLI, vmledger } from './cli.js';

/** Who signs another log. */
const OTHER = signer('other.example', 'ed25519', 9);

describe('vmledger log', () => {
  let api: Api;
  let folder: string;
  beforeAll(async () => {
    api = await Api.start();
    await api.machine('m');
    const write = (gaddr: number) =>
      api.done('POST', '/v1/vms/m/memop', { op: 'absolute_write', gaddr, size: 1, data: 'AA==' });
    for (let i = 0; i < 300; i += 50) await Promise.all(Array.from({ length: 50 }, (_, j) => write(i + j)));
    await api.signed(303);
    folder = mkdtempSync(join(tmpdir(), 'export-'));
  }, 30_000);
  afterAll(async () => {
    await api.close();
    rmSync(folder, { recursive: true });
  });

  it('key prints the public key', async () => {
    const vkey = keyText(api.service.log.key);
    expect(await vmledger(['log', 'key', '-d', api.dataDir])).toEqual({ stdout: `${vkey}\n`, stderr: '', code: 0 });
    expect(await vmledger(['log', 'key'], { DATA_DIR: api.dataDir })).toMatchObject({ stdout: `${vkey}\n` });
    expect(await vmledger(['log', 'key', '-d', folder])).toMatchObject({ stdout: '', code: 2 });
  });

  it('export writes what the service serves, file by file', async () => {
    const out = join(folder, 'log');
    const { stdout, stderr, code } = await vmledger(['log', 'export', out, '-d', api.dataDir]);
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout).toContain('303 records');
    const files = readdirSync(out, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(out.length + 1));
    expect(files.sort()).toEqual([
      'checkpoint',
      'key',
      'tile/0/000',
      'tile/0/001.p/47',
      'tile/1/000.p/1',
      'tile/entries/000',
      'tile/entries/001.p/47',
    ]);
    for (const file of files) {
      const served = await api.raw('GET', `/v1/audit/log/${file}`);
      expect([file, Buffer.from(await served.arrayBuffer()).equals(readFileSync(join(out, file)))]).toEqual([
        file,
        true,
      ]);
    }
  });

  it('export leaves what is there whole if there is no room for it once more', async () => {
    const out = join(folder, 'again');
    await vmledger(['log', 'export', out, '-d', api.dataDir]);
    const bundle = join(out, 'tile', 'entries', '000');
    const before = readFileSync(bundle);
    const script = `ulimit -f ${Math.floor(before.length / 3 / 512)}; exec "$0" "$1" log export "${out}" -d "${api.dataDir}"`;
    const child = spawn('sh', ['-c', script, process.execPath, CLI], {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [stderr, ended] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect([stderr, ended]).toEqual([expect.stringContaining('EFBIG'), [2, null]]);
    expect(readFileSync(bundle).equals(before)).toBe(true);
    expect(readdirSync(join(out, 'tile', 'entries')).sort()).toEqual(['000', '001.p']);
  });

  it('export writes nothing of records that were not signed', async () => {
    const copy = join(folder, 'copy');
    cpSync(join(api.dataDir, 'log'), join(copy, 'log'), { recursive: true });
    const original = new Database(join(api.dataDir, LEDGER_FILE), { readonly: true });
    await original.backup(join(copy, LEDGER_FILE));
    original.close();
    const db = new Database(join(copy, LEDGER_FILE));
    db.exec("DROP TRIGGER records_update; UPDATE records SET bytes = x'00' WHERE position = 7");
    db.close();
    const out = join(folder, 'earlier');
    await vmledger(['log', 'export', out, '-d', api.dataDir]);
    const before = readFileSync(join(out, 'tile', 'entries', '000'));
    const { stderr, code } = await vmledger(['log', 'export', out, '-d', copy]);
    expect(code).toBe(2);
    expect(stderr).toContain('not those that were signed');
    expect(readFileSync(join(out, 'tile', 'entries', '000')).equals(before)).toBe(true);
    expect((await vmledger(['log', 'export', join(folder, 'new'), '-d', copy])).code).toBe(2);
    expect(existsSync(join(folder, 'new'))).toBe(false);
  });

  it.each([
    [
      'was altered',
      ({ text, signatures }: Note) => ({ text: text.replace('\n303\n', '\n302\n'), signatures }),
      'was altered',
    ],
    ['is of another log', ({ text }: Note) => ({ text, signatures: [OTHER.sign(text)] }), 'there is no checkpoint'],
  ])('export writes nothing where the checkpoint %s', async (_what, changed, said) => {
    const copy = mkdtempSync(join(folder, 'changed-'));
    cpSync(api.dataDir, copy, { recursive: true });
    writeFileSync(join(copy, 'log', 'checkpoint'), noteText(changed(api.service.log.newest().note)));
    const { stderr, code } = await vmledger(['log', 'export', join(copy, 'out'), '-d', copy]);
    expect([code, existsSync(join(copy, 'out'))]).toEqual([2, false]);
    expect(stderr).toContain(said);
  });

  it('export writes the checkpoint that enough witnesses cosigned, where some must', async () => {
    const witness = signer('w.example', 'cosignature', 7);
    const policy = join(folder, 'policy');
    writeFileSync(policy, `witness w ${keyText(witness.key)}\nquorum w\n`);
    const out = join(folder, 'witnessed');
    const run = () => vmledger(['log', 'export', out, '-d', api.dataDir], { WITNESS_POLICY: policy });
    expect(await run()).toMatchObject({ stdout: '', code: 2 });
    const { note } = api.service.log.newest();
    const cosigned = noteText({ ...note, signatures: [...note.signatures, witness.sign(note.text)] });
    writeFileSync(join(api.dataDir, 'log', 'checkpoint.cosigned'), cosigned);
    expect(await run()).toMatchObject({ stderr: '', code: 0 });
    expect(readFileSync(join(out, 'checkpoint'), 'utf8')).toBe(cosigned);
  });
});
