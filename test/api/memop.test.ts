import { memOpAnswer, memOpBatchAnswer } from '../../src/api/shapes/access.js';
import { Api, base64 } from './support/api.js';

const OCTETS = { 'content-type': 'application/octet-stream' };
const WANTS_OCTETS = { accept: 'application/octet-stream' };

describe('memory operations', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
    await api.machine('m');
  });
  afterAll(() => api.close());

  const memop = (body: object, on = 'm') => api.done('POST', `/v1/vms/${on}/memop`, body);

  it.each([
    ['names', { op: 'absolute_write', flags: ['skey_protection'] }],
    ['numbers', { op: 5, flags: 4 }],
    ['text', { op: '0x5', flags: '4', gaddr: '4096', size: '0x8' }],
    ['names and numbers', { op: 'absolute_write', flags: ['skey_protection', '0x4'] }],
  ])('take %s', async (how, fields) => {
    const data = base64(how.padEnd(8).slice(0, 8));
    const answer = await memop({ gaddr: '0x1000', size: 8, data, ...fields });
    expect(memOpAnswer.parse(answer)).toEqual(answer);
    expect(answer).toMatchObject({ ret: 0 });
    expect(await memop({ op: 'absolute_read', gaddr: 4096, size: 8 })).toMatchObject({ ret: 0, data });
  });

  it('answer an exception as a result', async () => {
    const { status, headers, body } = await api.call('POST', '/v1/vms/m/memop', { op: 4, gaddr: '0x400000', size: 1 });
    expect([status, headers.get('kvm-ret'), headers.get('kvm-errno')]).toEqual([200, '5', null]);
    expect(memOpAnswer.parse(body)).toEqual(body);
    expect(body).toMatchObject({ ret: 5, exception: { code: 5, name: 'addressing' } });
  });

  it.each<[string, object, number, string]>([
    ['an undefined op', { op: 7, size: 1 }, 400, 'EINVAL'],
    ['an undefined flag', { op: 4, size: 1, flags: ['0x8000000000000000'] }, 400, 'EINVAL'],
    ['key 17', { op: 4, size: 1, flags: 4, key: 17 }, 400, 'EINVAL'],
    ['65537 bytes', { op: 4, size: 65537 }, 413, 'E2BIG'],
    ['a write without data', { op: 5, size: 1 }, 422, 'EFAULT'],
    ['an operation of vCPUs', { op: 'logical_read', size: 1 }, 400, 'EINVAL'],
  ])('are refused by the machine: %s', async (_what, body, status, errno) => {
    const answer = await api.call('POST', '/v1/vms/m/memop', body);
    expect([answer.status, answer.body['errno']]).toEqual([status, errno]);
    expect(answer.body['position']).toBe(await api.head());
  });

  it('exchange, and answer what was there also beside a refusal', async () => {
    await memop({ op: 5, gaddr: 0x2000, size: 4, data: base64('abcd') });
    const exchange = { op: 'absolute_cmpxchg', gaddr: 0x2000, size: 4, data: base64('wxyz') };
    expect(await memop({ ...exchange, oldData: base64('ABCD') })).toMatchObject({
      ret: 0,
      swapped: false,
      oldData: base64('abcd'),
    });
    expect(await memop({ ...exchange, oldData: base64('abcd') })).toMatchObject({ swapped: true });
    const { status, body } = await api.call('POST', '/v1/vms/m/memop', {
      ...exchange,
      gaddr: 0x2001,
      oldData: base64('abcd'),
    });
    expect(status).toBe(400);
    expect(body).toMatchObject({ errno: 'EINVAL', swapped: false, oldData: base64('abcd') });
  });

  it('speak octets on a VM and on a vCPU', async () => {
    const bytes = Buffer.from([0, 1, 2, 253, 254, 255]);
    for (const [path, write, read] of [
      ['/v1/vms/m/memop', 'absolute_write', 'absolute_read'],
      ['/v1/vms/m/vcpus/0/memop', '1', '0'],
    ] as const) {
      const written = await api.raw('POST', `${path}?op=${write}&gaddr=0x3000`, bytes, { ...OCTETS, ...WANTS_OCTETS });
      expect(await written.json()).toMatchObject({ ret: 0 });
      const answer = await api.raw('POST', `${path}?op=${read}&gaddr=12288&size=6`, undefined, WANTS_OCTETS);
      expect([answer.status, answer.headers.get('kvm-ret')]).toEqual([200, '0']);
      expect(answer.headers.get('content-type')).toBe('application/octet-stream');
      expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes);
      const asked = await api.raw('POST', path, JSON.stringify({ op: read, gaddr: 12288, size: 6 }), {
        'content-type': 'application/json',
        ...WANTS_OCTETS,
      });
      expect(Buffer.from(await asked.arrayBuffer())).toEqual(bytes);
      expect(await (await api.raw('POST', `${path}?op=${read}&gaddr=12288&size=6`)).json()).toMatchObject({
        data: base64(bytes),
      });
    }
  });

  it('answer an exception of octets in headers', async () => {
    const query = 'op=absolute_read&gaddr=0x400000&size=8&flags=check_only&flags=skey_protection&key=3';
    const answer = await api.raw('POST', `/v1/vms/m/memop?${query}`, undefined, WANTS_OCTETS);
    expect([answer.status, answer.headers.get('kvm-ret')]).toEqual([200, '5']);
    expect(JSON.parse(answer.headers.get('kvm-exception') ?? '')).toMatchObject({ code: 5, name: 'addressing' });
    expect((await answer.arrayBuffer()).byteLength).toBe(0);
    const { items } = await api.done('GET', `/v1/journal?after=${(await api.head()) - 1}`);
    expect(items).toMatchObject([{ command: { flags: ['check_only', 'skey_protection'], key: 3 } }]);
  });

  it.each([
    ['names', 'check_only,skey_protection', ['check_only', 'skey_protection']],
    ['a number', '5', ['check_only', 'skey_protection']],
    ['hex', '0x1', ['check_only']],
  ])('take the flags of octets as %s', async (_how, flags, kept) => {
    await api.raw('POST', `/v1/vms/m/memop?op=4&size=1&flags=${flags}`, undefined, WANTS_OCTETS);
    const { items } = await api.done('GET', `/v1/journal?after=${(await api.head()) - 1}`);
    expect(items).toMatchObject([{ command: { flags: kept } }]);
  });

  it('answer a refusal of octets as a problem', async () => {
    const { status, headers, body } = await api.call('POST', '/v1/vms/m/memop?op=5&size=4', undefined, WANTS_OCTETS);
    expect([status, headers.get('kvm-ret'), headers.get('kvm-errno')]).toEqual([422, '-14', 'EFAULT']);
    expect(body).toMatchObject({ errno: 'EFAULT' });
  });

  it('come in batches: one record, every item its own answer', async () => {
    const ops = [
      { op: 5, gaddr: 0x4000, size: 2, data: base64('hi') },
      { op: 4, gaddr: 0x4000, size: 2 },
      { op: 9, size: 1 },
      { op: 4, gaddr: '0x400000', size: 1 },
    ];
    const before = await api.head();
    const answer = await api.done('POST', '/v1/vms/m/memop/batch', { ops });
    expect(memOpBatchAnswer.parse(answer)).toEqual(answer);
    expect(answer).toMatchObject({
      ret: 0,
      position: before + 1,
      results: [{ ret: 0 }, { ret: 0, data: base64('hi') }, { ret: -22, errno: 'EINVAL' }, { ret: 5 }],
    });
    const onVcpu = await api.done('POST', '/v1/vms/m/vcpus/0/memop/batch', {
      ops: [{ op: 0, gaddr: 0x4000, size: 2 }],
    });
    expect(onVcpu).toMatchObject({ results: [{ ret: 0, data: base64('hi') }] });
  });

  it('come in batches of 10000', async () => {
    const ops = Array.from({ length: 10_000 }, (_, i) => ({ op: 5, gaddr: 8 * i, size: 8, data: 'AAAAAAAAAAE=' }));
    const { results } = await api.done('POST', '/v1/vms/m/memop/batch', { ops });
    expect(results).toHaveLength(10_000);
  });

  it('come in batches of 10000 that read little', async () => {
    const ops = Array.from({ length: 10_000 }, () => ({ op: 4, size: 8 }));
    const { results } = await api.done('POST', '/v1/vms/m/memop/batch', { ops });
    expect(results).toHaveLength(10_000);
  });

  it('name the request that they came with', async () => {
    const id = 'Request_1.a-b';
    const { headers } = await api.call('POST', '/v1/vms/m/memop', { op: 4, size: 1 }, { 'x-request-id': id });
    expect(headers.get('x-request-id')).toBe(id);
    const { items } = await api.done('GET', `/v1/journal?after=${(await api.head()) - 1}`);
    expect(items).toMatchObject([{ requestId: id, actor: 'local' }]);
    const other = await api.call('POST', '/v1/vms/m/memop', { op: 4, size: 1 }, { 'x-request-id': 'not one' });
    expect(other.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});
