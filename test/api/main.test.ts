import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const MAIN = join(ROOT, 'dist', 'api', 'main.js');

/** The built service with this environment; what it said until it ended, and how it ended. */
function start(env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [MAIN], { env: { ...process.env, NODE_OPTIONS: '', ...env } });
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]).then(
    ([stdout, stderr, [code]]) => ({ stdout, stderr, code: code as number | null }),
  );
  return { child, ended };
}

describe('npm start', () => {
  it('hands a signal on to the service, and ends as it does', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'npm-start-'));
    const env = { ...process.env, NODE_OPTIONS: '', PORT: '0', HOST: '', DATA_DIR: dataDir };
    const child = spawn('npm', ['start'], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'ignore'] });
    let said = '';
    for await (const piece of child.stdout) if ((said += String(piece)).includes('signs its log')) break;
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0] ?? '';
    await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
    rmSync(dataDir, { recursive: true });
  }, 60_000);
});

describe('the process', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'main-'));
  afterAll(() => rmSync(dataDir, { recursive: true }));

  it.each<[string, readonly NodeJS.Signals[]]>([
    ['SIGTERM', ['SIGTERM']],
    ['SIGINT', ['SIGINT']],
    ['SIGTERM twice', ['SIGTERM', 'SIGTERM']],
    ['SIGINT, then SIGTERM', ['SIGINT', 'SIGTERM']],
  ])(
    'says in one line where it listens, finishes what is under way on %s and exits 0',
    async (_what, signals) => {
      const { child, ended } = start({ PORT: '0', HOST: '', DATA_DIR: dataDir });
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line.toString())?.[0] ?? '';
      const headers = { 'content-type': 'application/json', expect: '100-continue' };
      const slow = request(`${url}/v1/vms`, { method: 'POST', headers });
      const answered = once(slow, 'response') as Promise<[IncomingMessage]>;
      const isRead = once(slow, 'continue');
      slow.write('{"arch":');
      await isRead;
      for (const signal of signals) {
        child.kill(signal);
        await sleep(50);
      }
      slow.end('"s390x"}');
      const [answer] = await answered;
      expect(answer.statusCode).toBe(201);
      answer.resume();
      const { stdout, stderr, code } = await ended;
      expect(stdout).toMatch(
        /^\d{4}-\d\d-\d\dT\S+Z vmledger listens on http:\/\/127\.0\.0\.1:\d+ and signs its log as \S+\+[0-9a-f]{8}\+\S+\n$/,
      );
      expect([stderr, code]).toEqual(['', 0]);
    },
    30_000,
  );

  it('says in one line that its port is taken', async () => {
    const taken = createServer();
    await once(taken.listen(0, '127.0.0.1'), 'listening');
    const { port } = taken.address() as AddressInfo;
    const { stdout, stderr, code } = await start({ PORT: String(port), HOST: '', DATA_DIR: dataDir }).ended;
    taken.close();
    expect([stdout, code]).toEqual(['', 1]);
    expect(stderr).toMatch(/^vmledger cannot start: [^\n]*EADDRINUSE[^\n]*\n$/);
  }, 30_000);

  it.each([
    ['an address that others can reach', { HOST: '0.0.0.0' }, 'HOST'],
    ['no port', { PORT: 'http' }, 'PORT'],
    ['a log with a space in its name', { LOG_ORIGIN: 'my log' }, 'LOG_ORIGIN'],
    ['a policy that is not there', { WITNESS_POLICY: '/nowhere/policy' }, '/nowhere/policy'],
    ['a data directory that is a file', { DATA_DIR: join(dataDir, 'file') }, 'file'],
  ])(
    'does not start with %s, and says why in one line',
    async (_what, env, names) => {
      writeFileSync(join(dataDir, 'file'), '');
      const { stdout, stderr, code } = await start({ PORT: '0', HOST: '', DATA_DIR: dataDir, ...env }).ended;
      expect([stdout, code]).toEqual(['', 1]);
      expect(stderr).toMatch(/^vmledger cannot start: [^\n]+\n$/);
      expect(stderr).toContain(names);
    },
    30_000,
  );
});
