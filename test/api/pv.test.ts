import { pvAnswer, pvCpuAnswer } from '../../src/api/shapes/pv.js';
import { Api, type Answer, base64 } from './support/api.js';

describe('protected virtualization', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
    await api.machine('m');
  });
  afterAll(() => api.close());

  const post = (path: string, body?: object): Promise<Answer> => api.call('POST', `/v1/vms/m/${path}`, body);
  const refuse = { ultravisor: { refuse: { rc: '0x108', rrc: 7 } } };

  it('is a life of its own: enable, boot, dump, disable', async () => {
    const block = base64(new Uint8Array(4096).fill(0x10, 5, 6));
    const image = { addr: '0x0', size: 8192, tweak: '0x1' };
    const steps: readonly (readonly [string, object, object])[] = [
      ['pv', { command: 'enable' }, { ret: 0, rc: 1, rrc: 0 }],
      ['pv', { command: 2, origin: '0x1000', length: 640 }, { ret: 0, rc: 1 }],
      ['pv', { command: 'unpack', ...image }, { ret: 0, rc: 1 }],
      ['pv', { command: 'verify', flags: 0 }, { ret: 0, rc: 1 }],
      ['pv', { command: 'info', id: 'dump', lenMax: 40 }, { ret: 0, id: 1, lenMax: 40, lenWritten: 40 }],
      ['pv', { command: 'dump', subcmd: 'init' }, { ret: 0 }],
      ['vcpus/0/pv', { command: 'dump', subcmd: 'cpu', buffLen: 8192 }, { ret: 0, rc: 1 }],
      [
        'pv',
        { command: 'dump', subcmd: 1, gaddr: '0x100000', buffLen: '0x1000' },
        { ret: 0, gaddr: '0x100000', data: block },
      ],
      ['pv', { command: 'dump', subcmd: 'complete', buffLen: 4096 }, { ret: 0 }],
      ['pv', { command: 'async_cleanup_prepare' }, { ret: 0, rc: 1, rrc: 42 }],
      ['pv', { command: 'async_cleanup_perform' }, { ret: 0, rc: 1, rrc: 0 }],
    ];
    for (const [path, body, answer] of steps) {
      const { status, body: got } = await post(path, body);
      expect([status, got]).toEqual([200, expect.objectContaining(answer)]);
      const shape = path === 'pv' ? pvAnswer : pvCpuAnswer;
      expect(shape.parse(got)).toEqual(got);
      expect(got['position']).toBe(await api.head());
    }
    expect(await api.done('GET', '/v1/vms/m')).toMatchObject({
      state: { protection: 'none', aside: 'none', cpuStateControl: 'user' },
    });
  });

  it('has what the ultravisor said in the problem', async () => {
    const { status, headers, body } = await post('pv', { command: 'enable', ...refuse });
    expect([status, headers.get('kvm-ret'), headers.get('kvm-errno')]).toEqual([500, '-5', 'EIO']);
    expect(body).toMatchObject({ errno: 'EIO', ret: -5, rc: 0x108, rrc: 7, position: await api.head() });
  });

  it.each<[what: string, path: string, body: object | undefined, status: number, errno: string]>([
    ['an empty body', 'pv', {}, 422, 'EFAULT'],
    ['no body', 'pv', undefined, 422, 'EFAULT'],
    ['an empty body for a vCPU', 'vcpus/0/pv', {}, 422, 'EFAULT'],
    ['an unknown command', 'pv', { command: 11 }, 501, 'ENOTTY'],
    ['flags', 'pv', { command: 'info', flags: 1 }, 400, 'EINVAL'],
    ['no structure', 'pv', { command: 'info' }, 422, 'EFAULT'],
    ['a command that needs protection', 'pv', { command: 'verify' }, 400, 'EINVAL'],
    ['another command of a vCPU', 'vcpus/0/pv', { command: 'enable' }, 400, 'EINVAL'],
    ['a vCPU that does not exist', 'vcpus/7/pv', { command: 'dump' }, 404, 'ENOENT'],
  ])('is refused by the machine: %s', async (_what, path, body, status, errno) => {
    const answer = await post(path, body);
    expect([answer.status, answer.body['errno']]).toEqual([status, errno]);
    expect(answer.body['position']).toBe(await api.head());
  });

  it.each<[field: string, path: string, body: object]>([
    ['command', 'pv', { flags: 0 }],
    ['command', 'pv', { command: 'enabel' }],
    ['command', 'pv', { command: 2 ** 32 }],
    ['command', 'vcpus/0/pv', { subcmd: 'cpu' }],
    ['flags', 'pv', { command: 'enable', flags: -1 }],
    ['origin', 'pv', { command: 'set_sec_parms', origin: 'here', length: 1 }],
    ['lenMax', 'pv', { command: 'info', id: 0 }],
    ['id', 'pv', { command: 'info', id: 'cpu', lenMax: 80 }],
    ['subcmd', 'pv', { command: 'dump', subcmd: 'finish' }],
    ['buffLen', 'pv', { command: 'dump', subcmd: 1, buffLen: '0x10000000000000000' }],
    ['ultravisor.refuse.rc', 'pv', { command: 'enable', ultravisor: { refuse: { rrc: 1 } } }],
    ['ultravisor.refuse.rc', 'pv', { command: 'enable', ultravisor: { refuse: { rc: 65536 } } }],
    ['tweek', 'pv', { command: 'unpack', tweek: 1 }],
    ['ultravisor', 'vcpus', { id: 3, ultravisor: 'no' }],
  ])('is malformed in %s, and nothing is recorded', async (field, path, body) => {
    const before = await api.head();
    const answer = await post(path, body);
    expect([answer.status, answer.body['type']]).toEqual([400, 'urn:vmledger:problem:malformed-request']);
    expect(answer.body['detail']).toContain(field);
    expect(await api.head()).toBe(before);
  });

  it('may fail a new vCPU', async () => {
    await post('pv', { command: 'enable' });
    const { status, body } = await post('vcpus', { id: 3, ...refuse });
    expect([status, body['errno']]).toEqual([500, 'EIO']);
    expect((await post('vcpus', { id: 3 })).status).toBe(201);
    await post('pv', { command: 'disable' });
  });

  it('is replayed as it was', async () => {
    expect(await api.replay('m')).toMatchObject({ state: 'done', divergences: [] });
  });
});
