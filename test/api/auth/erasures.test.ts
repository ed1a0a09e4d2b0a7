import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceTokens } from '../../../src/infra/access/service-tokens.js';
import { TokenStore } from '../../../src/infra/access/token-store.js';
import { world } from '../../../src/infra/world.js';
import { Api, base64 } from '../support/api.js';

const MEM_MAP = 32;

describe('erasures and who asks for them', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'erasers-'));
  const store = new TokenStore(dataDir, world);
  let api: Api;

  const bearer = (actor: string, labels: readonly string[] = []) => ({
    authorization: `Bearer ${store.create({ actor, roles: ['admin'], labels }).token}`,
  });
  const whole = bearer('root');
  const limited = bearer('of a', ['team=a']);

  const call = (who: Record<string, string>, method: string, path: string, body?: object) =>
    api.call(method, `/v1/${path}`, body, who);
  const erase = (who: Record<string, string>, vm: string) =>
    call(who, 'POST', 'audit/erasures', { vm, reason: 'asked to' });

  beforeAll(async () => {
    api = await Api.start({}, { tokens: [serviceTokens(store)] });
    for (const [id, team] of [
      ['mine', 'a'],
      ['theirs', 'b'],
    ]) {
      await call(whole, 'POST', 'vms', { id, arch: 'x86_64', labels: { team } });
      await call(whole, 'PUT', `vms/${id}/memslots/0`, { guestPhysAddr: 0, size: '0x200000' });
      await call(whole, 'POST', `vms/${id}/vcpus`, { id: 0 });
      await call(whole, 'POST', `vms/${id}/introspection/hook`, {});
      await call(whole, 'POST', `vms/${id}/introspection/allow`, { command: 'get_map_token', allow: 1 });
    }
  });
  afterAll(async () => {
    await api.close();
    store.close();
    rmSync(dataDir, { recursive: true });
  });

  it('name him in the record', async () => {
    const { body } = await erase(limited, 'mine');
    expect(body).toMatchObject({ vm: 'mine', actor: 'of a' });
    const { items } = (await call(limited, 'GET', `journal?after=${Number(body['position']) - 1}`)).body;
    expect(items).toMatchObject([{ vm: 'mine', actor: 'of a', command: { type: 'erase_memory' } }]);
    expect((await call(limited, 'GET', 'audit/erasures?vm=mine')).body).toMatchObject({ items: [{ actor: 'of a' }] });
  });

  it('answer of a VM that is not there for him as of one that is not there', async () => {
    const [foreign, missing] = [await erase(limited, 'theirs'), await erase(limited, 'nobody')];
    expect([foreign.status, missing.status]).toEqual([404, 404]);
    expect(JSON.stringify(foreign.body).replaceAll('theirs', 'VM')).toBe(
      JSON.stringify(missing.body).replaceAll('nobody', 'VM'),
    );
  });

  it('are listed for who sees the VM', async () => {
    await erase(whole, 'theirs');
    const vms = async (who: Record<string, string>) =>
      ((await call(who, 'GET', 'audit/erasures')).body['items'] as { vm: string }[]).map(({ vm }) => vm);
    expect(await vms(whole)).toEqual(['mine', 'theirs']);
    expect(await vms(limited)).toEqual(['mine']);
  });

  it('that would take from another VM name it only to who sees it', async () => {
    const { body } = await call(whole, 'POST', 'vms/theirs/introspection/commands', { command: 'get_map_token' });
    await call(whole, 'PUT', 'vms/mine/memory', { gpa: 0x8000, data: body['token'] });
    await call(whole, 'POST', 'vms/mine/vcpus/0/hypercalls', { nr: MEM_MAP, args: [0x8000, 0x1000, 0x2000] });
    await call(whole, 'PUT', 'vms/mine/memory', { gpa: 0x2000, data: base64('shared') });
    const [told, hidden] = [await erase(whole, 'mine'), await erase(limited, 'mine')];
    expect([told.status, told.body['vm'], hidden.status]).toEqual([409, 'theirs', 409]);
    expect(JSON.stringify(hidden.body)).not.toContain('theirs');
  });
});
