import { Api } from './support/api.js';

describe('If-Match', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
  });
  afterAll(() => api.close());

  const slot = { guestPhysAddr: 0, size: 4096 };

  it('lets one of two writers through that saw the same version', async () => {
    await api.machine('race');
    const { headers } = await api.call('GET', '/v1/vms/race');
    const etag = headers.get('etag') ?? '';
    const put = (gaddr: number) =>
      api.call('POST', '/v1/vms/race/memop', { op: 5, gaddr, size: 1, data: 'AA==' }, { 'if-match': etag });
    const answers = await Promise.all([put(0), put(1)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
    const lost = answers.find(({ status }) => status === 412);
    expect(lost?.body).toMatchObject({ type: 'urn:vmledger:problem:version-mismatch', vm: 'race', version: 4 });
    expect(lost?.headers.get('etag')).toBe('"4"');
  });

  it('holds for refusals too, and is not recorded when it does not match', async () => {
    await api.machine('refusing');
    const head = await api.head();
    const path = '/v1/vms/refusing/attributes/mem_ctrl/enable_cmma';
    expect((await api.call('PUT', path, {}, { 'if-match': '"2"' })).status).toBe(412);
    expect(await api.head()).toBe(head);
    const { status, headers } = await api.call('PUT', path, {}, { 'if-match': '"3"' });
    expect([status, headers.get('etag'), headers.get('kvm-errno')]).toEqual([409, '"4"', 'EBUSY']);
  });

  it.each([
    ['any version', '*', 200],
    ['a list with the version', '"9", "1"', 200],
    ['a weak tag of the version', 'W/"1"', 412],
    ['another version', '"2"', 412],
    ['a tag of somebody else', '"abc"', 412],
  ])('takes %s', async (what, tag, status) => {
    const id = what.replaceAll(' ', '-');
    await api.done('POST', '/v1/vms', { id, arch: 's390x' });
    expect((await api.call('PUT', `/v1/vms/${id}/memslots/0`, slot, { 'if-match': tag })).status).toBe(status);
  });

  it.each(['*', '"1"', '"0"'])('refuses the creation of a VM with %s, since nothing is there', async (tag) => {
    const answer = await api.call('POST', '/v1/vms', { id: 'new', arch: 's390x' }, { 'if-match': tag });
    expect(answer.status).toBe(412);
    expect((await api.call('GET', '/v1/vms/new')).status).toBe(404);
  });

  it('asks for a VM that exists', async () => {
    expect((await api.call('PUT', '/v1/vms/nobody/memslots/0', slot, { 'if-match': '*' })).status).toBe(404);
  });
});
