import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const { bin, version } = createRequire(import.meta.url)('../../../package.json') as {
  readonly bin: { readonly vmledger: string };
  readonly version: string;
};

const environment = { ...process.env, NODE_OPTIONS: '' };

/** Runs what npx finds under the name `vmledger` in a checkout, as a program of its own. */
const run = (folder: string, ...args: string[]) => {
  const { stdout, stderr, status } = spawnSync(join(folder, bin.vmledger), args, {
    env: environment,
    encoding: 'utf8',
  });
  return { stdout, stderr, status };
};

/** Runs npx in the project's folder with a cache of npm's own that holds nothing but what it put there. */
const npx = (cache: string, ...args: string[]) => {
  const env = { ...environment, npm_config_cache: cache };
  const { stdout, status } = spawnSync('npx', ['vmledger', ...args], { cwd: root, env, encoding: 'utf8' });
  return { stdout, status };
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

  it('is found by npx, over a link as well that npx made when the name stood for the built file', () => {
    const cache = mkdtempSync(join(tmpdir(), 'npm-'));
    const answer = { stdout: `${version}\n`, status: 0 };
    expect(npx(cache, '--version')).toEqual(answer);
    const [made = ''] = readdirSync(join(cache, '_npx'));
    const link = join(cache, '_npx', made, 'node_modules', '.bin', 'vmledger');
    rmSync(link);
    symlinkSync('../vmledger/dist/api/cli/main.js', link);
    expect(npx(cache, '--version')).toEqual(answer);
    rmSync(cache, { recursive: true });
  });
});
