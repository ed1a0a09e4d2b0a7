import { createdVm, vmPage, vmShape, vmState } from '../../src/api/shapes/vm.js';
import { Api } from './support/api.js';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

describe('VMs', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
  });
  afterAll(() => api.close());

  it('are created and answered whole', async () => {
    const { status, headers, body } = await api.call('POST', '/v1/vms', { id: 'one', arch: 's390x' });
    expect(status).toBe(201);
    expect(createdVm.parse(body)).toEqual(body);
    expect(body).toMatchObject({ ret: 0, id: 'one', type: 'default', semantics: 'documented', version: 1, labels: {} });
    expect(headers.get('location')).toBe('/v1/vms/one');
    expect([headers.get('etag'), headers.get('kvm-ret'), headers.get('kvm-errno')]).toEqual(['"1"', '0', null]);
  });

  it('get a UUIDv7 for an id unless the client has one', async () => {
    const { id } = await api.done('POST', '/v1/vms', { arch: 's390x' });
    expect(id).toMatch(UUID_V7);
  });

  it('can be created again from what was read', async () => {
    const host = { maxGuestMemory: '0x80000000', freeMemory: '4096', cmma: false, facilities: [8, 3, 8] };
    const wanted = { arch: 's390x', type: 'ucontrol', semantics: 'kernel', name: 'Ä', labels: { a: 'b' }, host };
    const first = await api.done('POST', '/v1/vms', wanted);
    expect(first['host']).toMatchObject({ maxGuestMemory: '0x80000000', freeMemory: '0x1000', facilities: [3, 8] });
    const payload = Object.fromEntries(
      ['name', 'arch', 'type', 'semantics', 'host', 'labels'].map((field) => [field, first[field]]),
    );
    expect(await api.done('POST', '/v1/vms', payload)).toMatchObject(payload);
  });

  it('are refused a second creation: EEXIST, recorded', async () => {
    await api.done('POST', '/v1/vms', { id: 'twice', arch: 's390x' });
    const { status, headers, body } = await api.call('POST', '/v1/vms', { id: 'twice', arch: 's390x' });
    expect(status).toBe(409);
    expect(body).toMatchObject({ errno: 'EEXIST', ret: -17, vm: 'twice', version: 2, position: await api.head() });
    expect(body).toMatchObject({ type: 'urn:vmledger:problem:eexist', instance: '/v1/vms', status: 409 });
    expect([headers.get('etag'), headers.get('kvm-ret'), headers.get('kvm-errno')]).toEqual(['"2"', '-17', 'EEXIST']);
  });

  it('can be read as they were, by version and by time', async () => {
    const { createdAt } = await api.done('POST', '/v1/vms', { id: 'past', arch: 's390x' });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await api.done('PUT', '/v1/vms/past/memslots/3', { guestPhysAddr: 4096, size: 8192, flags: ['log_dirty_pages'] });
    const now = await api.done('GET', '/v1/vms/past');
    expect(vmShape.parse(now)).toEqual(now);
    expect(now).toMatchObject({ version: 2, memslots: [{ slot: 3, guestPhysAddr: '0x1000', size: '0x2000' }] });
    expect(await api.done('GET', '/v1/vms/past?version=2')).toEqual(now);
    const then = await api.call('GET', '/v1/vms/past?version=1');
    expect(then.body).toMatchObject({ version: 1, memslots: [] });
    expect(then.headers.get('etag')).toBe('"1"');
    expect(await api.done('GET', `/v1/vms/past?at=${String(createdAt)}`)).toEqual(then.body);
    const { status, body } = await api.call('GET', '/v1/vms/past?version=3');
    expect([status, body['type']]).toEqual([404, 'urn:vmledger:problem:unknown-version']);
  });

  it.each(['s390x', 'x86_64', 'aarch64'])(
    'of %s are answered in the same bytes under the same entity tag',
    async (arch) => {
      const path = `/v1/vms/same-${arch}`;
      const labels = { z: '1', a: '2', '7': '3' };
      await api.done('POST', '/v1/vms', { labels, arch, id: `same-${arch}`, host: { freeMemory: '0x100000' } });
      const [now, then] = [await api.raw('GET', path), await api.raw('GET', `${path}?version=1`)];
      expect(now.headers.get('etag')).toBe(then.headers.get('etag'));
      expect(await now.text()).toBe(await then.text());
    },
  );

  it('are destroyed, and can be read for ever', async () => {
    await api.done('POST', '/v1/vms', { id: 'gone', arch: 's390x' });
    expect(await api.done('DELETE', '/v1/vms/gone')).toMatchObject({ ret: 0, version: 2 });
    const gone = await api.done('GET', '/v1/vms/gone');
    expect(gone).toMatchObject({ state: { lifecycle: 'destroyed' }, version: 2 });
    expect(gone['destroyedAt']).toBe(gone['updatedAt']);
    const { status, body } = await api.call('DELETE', '/v1/vms/gone');
    expect([status, body['errno']]).toEqual([404, 'ENOENT']);
  });

  it('tell their configuration and what each command would be answered', async () => {
    await api.machine('state');
    const state = await api.done('GET', '/v1/vms/state/state');
    expect(vmState.parse(state)).toEqual(state);
    expect(state).toMatchObject({ state: { vcpus: 'created' }, version: 3 });
    expect(state['commands']).toMatchObject({ create_vcpu: 'accepted', 'mem_ctrl/enable_cmma': 'EBUSY' });
  });
});

describe('the list of VMs', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
    for (const id of ['a', 'b', 'c', 'd', 'e']) {
      const labels = { even: String(id === 'b' || id === 'd'), [`is-${id}`]: 'a=b' };
      await api.done('POST', '/v1/vms', { id, arch: 's390x', labels });
    }
    await api.done('DELETE', '/v1/vms/d');
  });
  afterAll(() => api.close());

  const idsOf = async (query: string) => {
    const page = vmPage.parse(await api.done('GET', `/v1/vms${query}`));
    return { ids: page.items.map(({ id }) => id).join(''), cursor: page.nextCursor };
  };

  it.each([
    ['', 'abcde'],
    ['?state=live', 'abce'],
    ['?state=destroyed', 'd'],
    ['?arch=s390x', 'abcde'],
    ['?label=even=true', 'bd'],
    ['?label=is-a', 'a'],
    ['?label=is-a%3Da%3Db', 'a'],
    ['?label=even%3Dtrue&label=is-b', 'b'],
    ['?label=even%3Dtrue&state=live', 'b'],
    ['?label=constructor', ''],
  ])('filtered by %s is %s', async (query, ids) => {
    expect(await idsOf(query)).toEqual({ ids, cursor: undefined });
  });

  it.each([
    [1, ['a', 'b', 'c', 'd', 'e']],
    [2, ['ab', 'cd', 'e']],
    [4, ['abcd', 'e']],
    [5, ['abcde']],
  ])('comes in pages of %i', async (limit, pages) => {
    const found: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const page: { ids: string; cursor: string | undefined } = await idsOf(
        `?limit=${limit}${cursor && `&cursor=${cursor}`}`,
      );
      found.push(page.ids);
      cursor = page.cursor;
    }
    expect(found).toEqual(pages);
  });
});

describe('the host profiles', () => {
  it('are the host of a VM that asked for none', async () => {
    const api = await Api.start();
    const { s390x } = await api.done('GET', '/v1/host-profiles');
    const { host } = await api.done('POST', '/v1/vms', { arch: 's390x' });
    expect(s390x).toEqual(host);
    expect(await api.done('POST', '/v1/vms', { arch: 's390x', host: s390x })).toMatchObject({ host });
    await api.close();
  });
});
