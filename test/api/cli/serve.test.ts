import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LEDGER_FILE } from '../../../src/infra/data-dir.js';
import { CLI, vmledger } from './cli.js';

describe('vmledger serve', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'serve-'));
  afterAll(() => rmSync(dataDir, { recursive: true }));

  it('serves what its options say, whatever the environment says, and ends with 0 on SIGTERM', async () => {
    const args = ['serve', '--port', '0', '--host', '127.0.0.1', '--data-dir', dataDir];
    const env = { ...process.env, NODE_OPTIONS: '', PORT: 'none', HOST: '192.0.2.1', DATA_DIR: '/nowhere/at/all' };
    const child = spawn(process.execPath, [CLI, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const exit = once(child, 'exit');
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line.toString())?.[0] ?? '';
    expect((await fetch(`${url}/v1/vms`)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    expect(existsSync(join(dataDir, LEDGER_FILE))).toBe(true);
  });

  it('ends with 1 if it cannot start, with 2 if it was not told properly', async () => {
    expect(await vmledger(['serve', '--port', '70000', '-d', dataDir])).toMatchObject({
      stdout: '',
      stderr: expect.stringContaining('PORT must be a port number') as string,
      code: 1,
    });
    expect(await vmledger(['serve', '--prot', '1'])).toMatchObject({ stdout: '', code: 2 });
  });
});
