import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TokenStore } from '../../../src/infra/access/token-store.js';
import { TOKENS_FILE } from '../../../src/infra/data-dir.js';
import { world } from '../../../src/infra/world.js';

const GRANT = { actor: 'ci', roles: ['operator', 'auditor'], labels: ['team=a'] } as const;

describe('the tokens of a data directory', () => {
  let dataDir: string;
  let store: TokenStore;
  let now = 0;
  const opened: TokenStore[] = [];

  const open = (): TokenStore => {
    const one = new TokenStore(dataDir, { random: world.random, now: () => new Date(now) });
    opened.push(one);
    return one;
  };

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'tokens-'));
    now = 1_000_000;
    store = open();
  });
  afterEach(() => {
    opened.splice(0).forEach((one) => one.close());
    rmSync(dataDir, { recursive: true });
  });

  it('know who presents one', () => {
    const { token } = store.create(GRANT);
    expect(store.principal(token)).toEqual({
      actor: 'ci',
      roles: new Set(['operator', 'auditor']),
      labels: ['team=a'],
    });
  });

  it('know nobody before there is a token, and make no file to find that out', () => {
    expect([store.principal(`vml_0123456789ab.${'x'.repeat(43)}`), store.list(), store.revoke('0123456789ab')]).toEqual(
      [undefined, [], false],
    );
    expect(readdirSync(dataDir)).toEqual([]);
  });

  it.each<[string, (token: string) => string]>([
    [
      'the secret of another',
      (token) => `${token.split('.')[0] ?? ''}.${store.create(GRANT).token.split('.')[1] ?? ''}`,
    ],
    [
      'a secret with one character changed',
      (token) => `${token.slice(0, -2)}${token.at(-2) === 'A' ? 'B' : 'A'}${token.slice(-1)}`,
    ],
    ['a part of it', (token) => token.slice(0, -1)],
    ['more than it', (token) => `${token}A`],
    ['the id alone', (token) => token.split('.')[0] ?? ''],
    ['nothing', () => ''],
    ['SQL', () => "vml_' OR 1=1 --"],
  ])('are not good with %s', (_what, alter) => {
    expect(store.principal(alter(store.create(GRANT).token))).toBeUndefined();
  });

  it('are good until they expire', () => {
    const { token } = store.create(GRANT, 1000);
    now += 999;
    expect(store.principal(token)).toBeDefined();
    now += 1;
    expect(store.principal(token)).toBeUndefined();
  });

  it('are made and revoked for every process at once', () => {
    const service = open();
    expect(service.principal('x')).toBeUndefined();
    const { id, token } = store.create(GRANT);
    expect(service.principal(token)).toBeDefined();
    expect([store.revoke(id), store.revoke(id), store.revoke('none')]).toEqual([true, false, false]);
    expect(service.principal(token)).toBeUndefined();
    expect(store.list()).toMatchObject([{ id, actor: 'ci', revokedAt: now }]);
  });

  it('are those of the file that is there, when another takes its place or it is being made', () => {
    const { token } = store.create(GRANT);
    expect(store.principal(token)).toBeDefined();
    rmSync(join(dataDir, TOKENS_FILE));
    expect([store.principal(token), store.list()]).toEqual([undefined, []]);
    writeFileSync(join(dataDir, TOKENS_FILE), '');
    expect([store.principal(token), store.list()]).toEqual([undefined, []]);
    const other = open().create(GRANT);
    expect([store.principal(token), store.principal(other.token)?.actor]).toEqual([undefined, 'ci']);
  });

  it('can only be read by their owner, and are not in the file themselves', () => {
    const { token } = store.create(GRANT);
    const file = join(dataDir, TOKENS_FILE);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const bytes = readFileSync(file).toString('latin1');
    expect(bytes).toContain('team=a');
    expect(bytes).not.toContain(token.split('.')[1]);
  });

  it('are listed in order of creation, without their secrets', () => {
    const ids = [1, 2, 3].map(() => {
      now++;
      return store.create(GRANT).id;
    });
    expect(store.list().map(({ id }) => id)).toEqual(ids);
    expect(Object.keys(store.list()[0] ?? {}).sort()).toEqual(['actor', 'createdAt', 'id', 'labels', 'roles']);
  });
});
