import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { LEDGER_FILE } from '../../../src/infra/data-dir.js';
import { openService } from '../../../src/infra/service.js';
import { fill } from '../../infra/transfer/exports.js';
import { signer } from '../../domain/support/tlog-keys.js';
import { keyText } from '../../../src/domain/audit/tlog/key.js';
import { CLI, vmledger } from './cli.js';
import { cutOff } from './cut-off.js';

describe('vmledger export and import', () => {
  let folder: string;
  let dataDir: string;
  const at = (name: string): string => join(folder, name);
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'export-'));
    dataDir = at('data');
    await fill(dataDir, 8_000);
    await (await openService({ dataDir })).close();
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (...args: string[]) => vmledger(args, { DATA_DIR: dataDir });

  it('write and read files, compressed by their names, and standard output', async () => {
    expect(await run('export', at('plain.jsonl'))).toEqual({ stdout: '', stderr: '', code: 0 });
    expect(await run('export', at('packed.jsonl.gz'))).toEqual({ stdout: '', stderr: '', code: 0 });
    const plain = readFileSync(at('plain.jsonl'), 'utf8');
    expect(gunzipSync(readFileSync(at('packed.jsonl.gz'))).toString()).toBe(plain);
    expect((await run('export', '-')).stdout).toBe(plain);
    expect(readdirSync(folder).sort()).toEqual(['data', 'packed.jsonl.gz', 'plain.jsonl']);

    const { stdout, stderr, code } = await run('import', at('packed.jsonl.gz'), '-d', at('copy'));
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout).toMatch(/copy: 8000 records imported, 8000 of them signed\nroot \S{43}=\n$/);
    expect(statSync(at('copy')).mode & 0o777).toBe(0o700);
    expect(statSync(join(at('copy'), LEDGER_FILE)).mode & 0o777).toBe(0o600);
    const root = stdout.split('root ')[1] ?? '';
    expect((await run('verify', at('copy'))).stdout).toContain(`all under a signed checkpoint\nroot ${root}`);
    expect(JSON.parse((await run('import', at('plain.jsonl'), '-d', at('json'), '--json')).stdout)).toEqual({
      records: 8_000,
      root: root.trim(),
      signed: 8_000,
    });
  }, 60_000);

  it('write a file that nobody but its owner may read, whatever was there before', async () => {
    writeFileSync(at('owned.jsonl.new'), 'left by one that was killed');
    await run('export', at('owned.jsonl'));
    expect((statSync(at('owned.jsonl')).mode & 0o777).toString(8)).toBe('600');
  }, 60_000);

  it('work through a pipe', async () => {
    const script = `"$0" "$1" export - | "$0" "$1" import - -d "${at('piped')}"`;
    const child = spawn('sh', ['-c', script, process.execPath, CLI], {
      env: { ...process.env, NODE_OPTIONS: '', DATA_DIR: dataDir },
      stdio: 'ignore',
    });
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect((await run('verify', at('piped'))).code).toBe(0);
  }, 60_000);

  it('fail if standard output is a file that not even the last bytes have room in', async () => {
    await run('export', at('whole.jsonl'));
    const { size } = statSync(at('whole.jsonl'));
    const short = size - 10;
    // A limit is in blocks of 512 bytes, so what is there before the export fills one up.
    const before = (512 - (short % 512)) % 512;
    writeFileSync(at('limited.jsonl'), '.'.repeat(before));
    const script = `ulimit -f ${(before + short) / 512}; exec "$0" "$1" export - >> "${at('limited.jsonl')}"`;
    const child = spawn('sh', ['-c', script, process.execPath, CLI], {
      env: { ...process.env, NODE_OPTIONS: '', DATA_DIR: dataDir },
      stdio: 'ignore',
    });
    expect(await once(child, 'exit')).toEqual([2, null]);
    expect(statSync(at('limited.jsonl')).size).toBe(before + short);
  }, 60_000);

  it('end at once, with the code of a broken pipe, when whoever reads has left', async () => {
    const script = `{ "$0" "$1" export -; echo $? >&2; } | head -n 1 | wc -l`;
    const child = spawn('sh', ['-c', script, process.execPath, CLI], {
      env: { ...process.env, NODE_OPTIONS: '', DATA_DIR: dataDir },
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (data: Buffer) => (out += data.toString()));
    child.stderr.on('data', (data: Buffer) => (err += data.toString()));
    await once(child, 'close');
    expect([out.trim(), err]).toEqual(['1', '141\n']);
  }, 60_000);

  it('name the line that is wrong, and leave no ledger', async () => {
    const lines = readFileSync(at('plain.jsonl'), 'utf8').split('\n');
    writeFileSync(at('cut.jsonl'), lines.slice(0, 5000).join('\n'));
    const cut = await run('import', at('cut.jsonl'), '-d', at('cut'));
    expect(cut).toEqual({
      stdout: '',
      stderr: `vmledger: ${at('cut.jsonl')}: line 5000: the file ends within it\n`,
      code: 1,
    });
    expect(existsSync(join(at('cut'), LEDGER_FILE))).toBe(false);
    const stranger = keyText(signer('x.example', 'ed25519', 1).key);
    expect(await run('import', at('plain.jsonl'), '-d', at('cut'), '-k', stranger)).toMatchObject({ code: 1 });
  }, 60_000);

  it.each([
    ['a directory that is not empty', () => ['import', at('plain.jsonl')], 'is not empty'],
    ['a file that is not there', () => ['import', at('nothing'), '-d', at('none')], 'no such file'],
    ['no file at all', () => ['import', '-d', at('none')], 'missing required argument'],
    ['a key that is none', () => ['import', at('plain.jsonl'), '-d', at('none'), '-k', 'x'], 'not the vkey'],
    ['a ledger that is not there', () => ['export', at('x'), '-d', at('none')], 'there is no ledger'],
    ['a place that is not there', () => ['export', at('no/such/place')], 'no such file'],
  ])('cannot work with %s', async (_, args, said) => {
    const { stdout, stderr, code } = await run(...args());
    expect([stdout, code]).toEqual(['', 2]);
    expect(stderr).toContain(said);
    expect(stderr.split('\n').length).toBe(2);
  });

  it('leave nothing behind when they are interrupted', async () => {
    const exporting = ['export', at('half.jsonl'), '-d', dataDir];
    expect(await cutOff({ args: exporting, signal: 'SIGINT', file: at('half.jsonl.new') })).toBe(130);
    expect(readdirSync(folder).filter((name) => name.startsWith('half'))).toEqual([]);
    const building = join(at('interrupted'), 'importing', LEDGER_FILE);
    const input = readFileSync(at('plain.jsonl'), 'utf8');
    const importing = ['import', '-', '-d', at('interrupted')];
    expect(await cutOff({ args: importing, signal: 'SIGTERM', file: building, input })).toBe(143);
    expect(readdirSync(at('interrupted'))).toEqual(['lock.sqlite']);
  }, 60_000);

  it('leave nothing that looks whole when they are killed, and can be begun again', async () => {
    const building = join(at('killed'), 'importing', LEDGER_FILE);
    const input = readFileSync(at('plain.jsonl'), 'utf8');
    const importing = ['import', '-', '-d', at('killed')];
    expect(await cutOff({ args: importing, signal: 'SIGKILL', file: building, input })).toBeNull();
    expect(existsSync(join(at('killed'), LEDGER_FILE))).toBe(false);
    expect(existsSync(join(at('killed'), 'imported'))).toBe(false);
    expect(await run('import', at('plain.jsonl'), '-d', at('killed'))).toMatchObject({ stderr: '', code: 0 });
    expect((await run('verify', at('killed'))).code).toBe(0);
    expect(readdirSync(at('killed'))).not.toContain('importing');
  }, 60_000);
});
