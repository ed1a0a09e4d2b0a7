import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serviceTokens } from '../../../src/infra/access/service-tokens.js';
import { TokenStore } from '../../../src/infra/access/token-store.js';
import { world } from '../../../src/infra/world.js';
import { Api } from '../support/api.js';
import { X86Guest } from '../support/x86.js';

describe('a tool that waits for events', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'events-'));
  const store = new TokenStore(dataDir, world);
  const kind = serviceTokens(store);
  let presented = 0;
  let api: Api;
  beforeAll(async () => {
    const open = await Api.start({ dataDir });
    await (await X86Guest.start(open, 'guest', {})).hook();
    await open.close();
    const principal = (token: string) => {
      presented++;
      return kind.principal(token);
    };
    api = await Api.start({ dataDir }, { tokens: [{ ...kind, principal }] });
  });
  afterAll(async () => {
    await api.close();
    store.close();
    rmSync(dataDir, { recursive: true });
  });

  it('is told of none once it is revoked', async () => {
    const { id, token } = store.create({ actor: 'tool', roles: ['introspector'], labels: [] });
    const root = store.create({ actor: 'root', roles: ['admin'], labels: [] });
    const headers = { authorization: `Bearer ${token}` };
    const waiting = api.call('GET', '/v1/vms/guest/introspection/events?wait=30000', undefined, headers);
    while (presented === 0) await sleep(1);
    store.revoke(id);
    const admin = { authorization: `Bearer ${root.token}` };
    await api.call('DELETE', '/v1/vms/guest/memslots/9', undefined, admin);
    expect((await waiting).status).toBe(401);
  });
});
