import { capabilityAnswer, capabilityPage } from '../../src/api/shapes/capabilities.js';
import { Api } from './support/api.js';

describe('capabilities', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
    await api.done('POST', '/v1/vms', { id: 'm', arch: 's390x' });
  });
  afterAll(() => api.close());

  const PATH = '/v1/vms/m/capabilities';

  it.each([
    ['s390_mem_op', 65536],
    ['108', 65536],
    ['0x6c', 65536],
    ['no_such_thing', 0],
    ['4000000000', 0],
  ])('are checked by name or number, and that is not recorded: %s is %i', async (cap, ret) => {
    const head = await api.head();
    const answer = await api.done('GET', `${PATH}/${cap}`);
    expect(capabilityAnswer.parse(answer)).toMatchObject({ ret });
    expect(await api.head()).toBe(head);
  });

  it('are listed, page by page', async () => {
    const page = capabilityPage.parse(await api.done('GET', PATH));
    expect(page.items).toContainEqual({ capability: 's390_psw', number: 42, ret: 1, enabled: false });
    for (const { capability, number, ret } of page.items.slice(0, 5)) {
      expect(await api.done('GET', `${PATH}/${capability}`)).toMatchObject({ ret });
      expect(await api.done('GET', `${PATH}/${number}`)).toMatchObject({ ret });
    }
    const first = await api.done('GET', `${PATH}?limit=7`);
    const rest = await api.done('GET', `${PATH}?limit=1000&cursor=${String(first['nextCursor'])}`);
    expect([...(first['items'] as object[]), ...(rest['items'] as object[])]).toEqual(page.items);
  });

  it('are enabled, and that is recorded', async () => {
    const { version } = await api.done('PUT', `${PATH}/s390_cpu_topology`, { args: ['0x1'] });
    expect((await api.done('GET', `/v1/vms/m/attributes/cpu_topology/0`))['value']).toBe('0x0');
    const { items } = capabilityPage.parse(await api.done('GET', PATH));
    expect(items.filter(({ enabled }) => enabled).map(({ number }) => number)).toEqual([222]);
    const journal = await api.done('GET', `/v1/vms/m/journal?after=${Number(version) - 1}&limit=1`);
    expect(journal['items']).toMatchObject([
      {
        command: { type: 'enable_cap', cap: 's390_cpu_topology', flags: 0, args: ['0x1'] },
        events: [{ type: 'capability_enabled', capability: 's390_cpu_topology', facilities: [11] }],
      },
    ]);
    expect(await api.done('PUT', `${PATH}/106`)).toMatchObject({ ret: 0 });
  });

  it.each<[what: string, cap: string, body: object, status: number, errno: string]>([
    ['flags', 's390_user_sigp', { flags: 1 }, 400, 'EINVAL'],
    ['one that is not known', '9999', {}, 400, 'EINVAL'],
    ['one that cannot be enabled', 's390_psw', {}, 400, 'EINVAL'],
    ['large pages that the host has not', 's390_hpage_1m', {}, 400, 'EINVAL'],
  ])('are refused with %s', async (_what, cap, body, status, errno) => {
    const answer = await api.call('PUT', `${PATH}/${cap}`, body);
    expect([answer.status, answer.body['errno'], answer.headers.get('kvm-errno')]).toEqual([status, errno, errno]);
  });

  it('are refused with EBUSY after vCPU creation', async () => {
    await api.machine('busy');
    const answer = await api.call('PUT', '/v1/vms/busy/capabilities/s390_ri', {});
    expect([answer.status, answer.body['errno']]).toEqual([409, 'EBUSY']);
  });

  it.each<[method: string, path: string, body: object | undefined, field: string]>([
    ['PUT', 's390_ri', { flags: -1 }, 'flags'],
    ['PUT', 's390_ri', { flags: '0x100000000' }, 'flags'],
    ['PUT', 's390_ri', { args: [1, 2, 3, 4, 5] }, 'args'],
    ['PUT', 's390_ri', { args: ['much'] }, 'args.0'],
    ['PUT', 's390_ri', { arguments: [] }, 'arguments'],
    ['GET', 'KVM-CAP', undefined, 'cap'],
    ['GET', '4294967296', undefined, 'cap'],
  ])('%s %s with %j is malformed: %s', async (method, cap, body, field) => {
    const head = await api.head();
    const answer = await api.call(method, `${PATH}/${cap}`, body);
    expect([answer.status, (answer.body['errors'] as { field: string }[])[0]?.field]).toEqual([400, field]);
    expect(await api.head()).toBe(head);
  });

  it('of a VM that is not there are 404', async () => {
    expect((await api.call('GET', '/v1/vms/none/capabilities')).status).toBe(404);
    expect((await api.call('GET', '/v1/vms/none/capabilities/s390_psw')).status).toBe(404);
    expect((await api.call('PUT', '/v1/vms/none/capabilities/s390_ri', {})).status).toBe(404);
  });
});
