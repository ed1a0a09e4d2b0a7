import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServiceProcess, startProcess } from '../../support/process.js';
import { vmledger } from './cli.js';

describe('vmledger token', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'cli-token-'));
  let service: ServiceProcess;
  beforeAll(async () => {
    service = await startProcess(dataDir, { env: { AUTH: 'tokens' } });
  }, 30_000);
  afterAll(async () => {
    expect(await service.end('SIGTERM')).toBe(0);
    rmSync(dataDir, { recursive: true });
  });

  const run = (...args: string[]) => vmledger(['token', ...args, '-d', dataDir]);
  const status = async (token: string) =>
    (await fetch(`${service.url}/v1/vms`, { headers: { authorization: `Bearer ${token}` } })).status;

  it('makes a data directory that nobody but its owner can read', async () => {
    const fresh = join(dataDir, 'fresh');
    await vmledger(['token', 'create', 'ci', '-r', 'reader', '-d', fresh]);
    expect(statSync(fresh).mode & 0o777).toBe(0o700);
  });

  it('creates a token that a running service takes, lists it, and revokes it there and then', async () => {
    expect(await run('list', '--json')).toEqual({ stdout: '[]\n', stderr: '', code: 0 });
    const { stdout, stderr, code } = await run(
      'create',
      'ci',
      '-r',
      'operator',
      '--role',
      'auditor',
      '-l',
      'team=a',
      '-e',
      '2h',
    );
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout).toMatch(/^vml_[0-9a-f]{12}\.[\w-]{43}\n$/);
    expect(statSync(join(dataDir, 'access.sqlite')).mode & 0o777).toBe(0o600);
    const token = stdout.trim();
    expect([await status(token), await status(`${token}x`)]).toEqual([200, 401]);

    const [listed] = JSON.parse((await run('list', '--json')).stdout) as Record<string, string>[];
    expect(listed).toMatchObject({ actor: 'ci', roles: ['operator', 'auditor'], labels: ['team=a'] });
    const life = Date.parse(listed?.['expiresAt'] ?? '') - Date.parse(listed?.['createdAt'] ?? '');
    expect(life).toBe(2 * 60 * 60 * 1000);
    const table = (await run('list')).stdout;
    expect(table).toMatch(
      /^ID +ACTOR +ROLES +LABELS +CREATED +EXPIRES +REVOKED\n[0-9a-f]{12} +ci +operator,auditor +team=a /,
    );
    expect(table).not.toContain(token.split('.')[1]);

    const id = listed?.['id'] ?? '';
    expect(await run('revoke', id)).toEqual({ stdout: '', stderr: '', code: 0 });
    expect(await status(token)).toBe(401);
    expect(await run('revoke', id)).toMatchObject({
      stdout: '',
      code: 2,
      stderr: expect.stringContaining(id) as unknown,
    });
  }, 60_000);

  it('prints what it made as JSON', async () => {
    const { stdout } = await run('create', 'root', '-r', 'admin', '--json');
    const made = JSON.parse(stdout) as { readonly token: string };
    expect(made).toMatchObject({ actor: 'root', roles: ['admin'], labels: [] });
    expect(await status(made.token)).toBe(200);
  }, 30_000);

  it.each([
    ['an actor with a colon', ['oidc:root', '-r', 'admin']],
    ['the actor of an open service', ['local', '-r', 'admin']],
    ['no role', ['ci']],
    ['a role that is none', ['ci', '-r', 'emperor']],
    ['a label that is none', ['ci', '-r', 'reader', '-l', 'a b']],
    ['every label', ['ci', '-r', 'reader', '-l', '*']],
    ['a duration that is none', ['ci', '-r', 'reader', '-e', 'soon']],
  ])('makes none for %s', async (_what, args) => {
    const { stdout, code } = await run('create', ...args);
    expect([stdout, code]).toEqual(['', 2]);
  });
});
