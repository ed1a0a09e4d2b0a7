import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const { bin, version } = createRequire(import.meta.url)('../../../package.json') as {
  readonly bin: { readonly vmledger: string };
  readonly version: string;
};

/** Runs what npx finds under the name `vmledger` in a checkout, as a program of its own. */
const run = (folder: string, ...args: string[]) => {
  const env = { ...process.env, NODE_OPTIONS: '' };
  const { stdout, stderr, status } = spawnSync(join(folder, bin.vmledger), args, { env, encoding: 'utf8' });
  return { stdout, stderr, status };
};

describe('vmledger, as npx finds it', () => {
  it('is the command line', () => {
    expect(run(root, '--version')).toEqual({ stdout: `${version}\n`, stderr: '', status: 0 });
    expect(run(root, 'explain', 'EVERYTHING')).toMatchObject({ stdout: '', status: 2 });
  });

  it('is there before anything is built, and says so', () => {
    const checkout = mkdtempSync(join(tmpdir(), 'checkout-'));
    cpSync(join(root, bin.vmledger), join(checkout, bin.vmledger), { recursive: true });
    expect(run(checkout, '--version')).toEqual({
      stdout: '',
      stderr: expect.stringContaining('npm run build') as string,
      status: 2,
    });
    rmSync(checkout, { recursive: true });
  });
});
