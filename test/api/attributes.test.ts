import { attributeAnswer, attributePage } from '../../src/api/shapes/attributes.js';
import { Api } from './support/api.js';

describe('device attributes', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
    await api.done('POST', '/v1/vms', { id: 'm', arch: 's390x' });
  });
  afterAll(() => api.close());

  const PATH = '/v1/vms/m/attributes';
  const lastCommand = async () => {
    const { items } = await api.done('GET', `/v1/journal?after=${(await api.head()) - 1}`);
    return (items as { command: object }[])[0]?.command;
  };

  it.each(['mem_ctrl/limit_size', '0/2', '0x0/0x2', 'mem_ctrl/2', '0/limit_size'])(
    'go by names or numbers: %s',
    async (name) => {
      const answer = await api.done('GET', `${PATH}/${name}`);
      expect(attributeAnswer.parse(answer)).toEqual(answer);
      expect(answer).toMatchObject({ ret: 0, value: '0x800000000000' });
    },
  );

  it('are written back as they were read', async () => {
    await api.done('PUT', `${PATH}/mem_ctrl/limit_size`, { value: '0x80000000' });
    const { value } = await api.done('GET', `${PATH}/mem_ctrl/limit_size`);
    expect(await api.done('PUT', `${PATH}/mem_ctrl/limit_size`, { value })).toMatchObject({ ret: 0 });
    expect(await api.done('GET', `${PATH}/mem_ctrl/limit_size`)).toMatchObject({ value });
  });

  it('need no body where they need no payload', async () => {
    expect(await api.done('PUT', `${PATH}/mem_ctrl/enable_cmma`)).toMatchObject({ ret: 0 });
    expect(await lastCommand()).toMatchObject({ type: 'set_device_attr', group: 'mem_ctrl', payload: {}, flags: 0 });
  });

  it('have a bad address where they need one: EFAULT', async () => {
    const { status, body } = await api.call('PUT', `${PATH}/mem_ctrl/limit_size`, {});
    expect([status, body['errno']]).toEqual([422, 'EFAULT']);
  });

  it("take the kernel's flags", async () => {
    await api.done('PUT', `${PATH}/mem_ctrl/enable_cmma`, { flags: '0x7' });
    expect(await lastCommand()).toMatchObject({ flags: 7, payload: {} });
    await api.done('GET', `${PATH}/mem_ctrl/limit_size?flags=9`);
    expect(await lastCommand()).toMatchObject({ type: 'get_device_attr', flags: 9 });
  });

  it.each([
    ['mem_ctrl/limit_size', 200, '0', null],
    ['0/1', 200, '0', null],
    ['mem_ctrl/no_such_thing', 404, '-6', 'ENXIO'],
    ['99/0', 404, '-6', 'ENXIO'],
  ])('are asked for by HEAD: %s is %i', async (name, status, ret, errno) => {
    const answer = await api.raw('HEAD', `${PATH}/${name}`);
    expect([answer.status, answer.headers.get('kvm-ret'), answer.headers.get('kvm-errno')]).toEqual([
      status,
      ret,
      errno,
    ]);
    expect(await answer.text()).toBe('');
    expect(await lastCommand()).toMatchObject({ type: 'has_device_attr' });
  });

  it('are listed with what HAS would answer, and that is not recorded', async () => {
    const head = await api.head();
    const page = attributePage.parse(await api.done('GET', PATH));
    expect(await api.head()).toBe(head);
    for (const { group, attribute, ret, errno } of page.items) {
      const answer = await api.raw('HEAD', `${PATH}/${group}/${attribute}`);
      expect([answer.headers.get('kvm-ret'), answer.headers.get('kvm-errno') ?? undefined]).toEqual([
        String(ret),
        errno,
      ]);
    }
    const first = await api.done('GET', `${PATH}?limit=2`);
    const rest = await api.done('GET', `${PATH}?cursor=${String(first['nextCursor'])}`);
    const joined = [...(first['items'] as object[]), ...(rest['items'] as object[])];
    expect(joined).toEqual(page.items);
  });
});
