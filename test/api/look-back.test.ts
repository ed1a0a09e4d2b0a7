import { Api, type Body } from './support/api.js';

describe('a look at the past', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
    await api.machine('m'); // versions 1 to 3
    await api.done('PATCH', '/v1/vms/m/vcpus/0/registers', { fpc: 7 }); // 4
  });
  afterAll(() => api.close());

  const recordAt = async (position: number): Promise<Body> => {
    const { items } = await api.done('GET', `/v1/journal?after=${position - 1}&limit=1`);
    return (items as Body[])[0] ?? {};
  };

  it.each<[path: string, command: Body]>([
    ['vcpus?version=3', { what: 'vcpus', version: 3 }],
    ['vcpus/0?version=3', { what: 'vcpu', vcpu: 0, version: 3 }],
    ['interrupts?version=4', { what: 'interrupts', version: 4 }],
    ['diff?from=3&to=4', { what: 'diff', from: 3, version: 4 }],
  ])('GET %s is recorded with who looked', async (path, command) => {
    const before = await api.head();
    expect((await api.call('GET', `/v1/vms/m/${path}`)).status).toBe(200);
    expect(await api.head()).toBe(before + 1);
    expect(await recordAt(before + 1)).toMatchObject({
      vm: 'm',
      actor: 'local',
      command: { type: 'look_back', ...command },
      outcome: { ret: 0 },
      events: [],
    });
  });

  it('answers a comparison with where it is recorded', async () => {
    const { headers, body } = await api.call('GET', '/v1/vms/m/diff?from=3&to=4');
    const position = await api.head();
    const { version } = await recordAt(position);
    expect([body['version'], body['position'], headers.get('etag')]).toEqual([
      version,
      position,
      `"${String(version)}"`,
    ]);
  });

  it('answers what was, and its version', async () => {
    const { headers, body } = await api.call('GET', '/v1/vms/m/vcpus/0?version=3');
    expect([body['version'], headers.get('etag')]).toEqual([3, '"3"']);
    expect(body['registers']).toMatchObject({ fpc: 0 });
  });

  it.each<[path: string, status: number, headers?: Record<string, string>]>([
    ['vcpus', 200],
    ['vcpus/0', 200],
    ['interrupts', 200],
    ['state', 200],
    ['journal', 200],
    ['memory/blame?gpa=0&size=1&version=3', 200],
    ['vcpus/9?version=3', 404],
    ['vcpus?version=999', 404],
    ['interrupts?version=999', 404],
    ['diff?from=1&to=999', 404],
    ['diff?from=0', 400],
    ['vcpus?version=3', 412, { 'if-match': '"1"' }],
    ['diff?from=1', 412, { 'if-match': '"1"' }],
    ['diff?from=1', 406, { accept: 'image/png' }],
  ])('GET %s with %i is not recorded', async (path, status, headers = {}) => {
    const before = await api.head();
    expect((await api.raw('GET', `/v1/vms/m/${path}`, undefined, headers)).status).toBe(status);
    expect(await api.head()).toBe(before);
  });

  it('changes nothing but the version', async () => {
    const { version } = await api.done('GET', '/v1/vms/m');
    const { items } = await api.done('GET', `/v1/vms/m/diff?from=4&to=${String(version)}`);
    expect(items).toEqual([]);
  });

  it('can be taken of a VM that was destroyed', async () => {
    await api.done('DELETE', '/v1/vms/m');
    const before = await api.head();
    expect(await api.done('GET', '/v1/vms/m/vcpus/0?version=4')).toMatchObject({ registers: { fpc: 7 } });
    expect(await recordAt(before + 1)).toMatchObject({ command: { type: 'look_back' }, outcome: { ret: 0 } });
  });
});
