import { createdVcpu, vcpuPage, vcpuShape } from '../../src/api/shapes/vcpu.js';
import { Api } from './support/api.js';

describe('vCPUs', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
    await api.done('POST', '/v1/vms', { id: 'm', arch: 's390x' });
  });
  afterAll(() => api.close());

  it('are created, and say where they are', async () => {
    const { status, headers, body } = await api.call('POST', '/v1/vms/m/vcpus', { id: 5 });
    expect(status).toBe(201);
    expect(createdVcpu.parse(body)).toEqual(body);
    expect(body).toMatchObject({ ret: 0, id: 5 });
    expect(headers.get('location')).toBe('/v1/vms/m/vcpus/5');
    const again = await api.call('POST', '/v1/vms/m/vcpus', { id: 5 });
    expect([again.status, again.body['errno']]).toEqual([409, 'EEXIST']);
  });

  it('take registers in part, by array or by index, as text or numbers', async () => {
    await api.done('POST', '/v1/vms/m/vcpus', { id: 1 });
    const gprs = Array.from({ length: 16 }, (_, i) => i);
    const changes = {
      gprs,
      crs: { 13: '0xFF' },
      acrs: { 1: '2' },
      prefix: 0x2000,
      fpc: 7,
      psw: { mask: '1', addr: 2 },
    };
    await api.done('PATCH', '/v1/vms/m/vcpus/1/registers', changes);
    const vcpu = await api.done('GET', '/v1/vms/m/vcpus/1');
    expect(vcpuShape.parse(vcpu)).toEqual(vcpu);
    expect(vcpu['registers']).toMatchObject({
      gprs: gprs.map((value) => `0x${value.toString(16)}`),
      prefix: '0x2000',
      fpc: 7,
      psw: { mask: '0x1', addr: '0x2' },
    });
    const { crs, acrs } = vcpu['registers'] as { crs: string[]; acrs: string[] };
    expect([crs[13], crs[12], acrs[1], acrs[0]]).toEqual(['0xff', '0x0', '0x2', '0x0']);
  });

  it('take registers as they were read', async () => {
    const { registers } = await api.done('GET', '/v1/vms/m/vcpus/1');
    await api.done('PATCH', '/v1/vms/m/vcpus/5/registers', registers);
    expect((await api.done('GET', '/v1/vms/m/vcpus/5'))['registers']).toEqual(registers);
  });

  it('are listed in order of id, page by page', async () => {
    const first = await api.done('GET', '/v1/vms/m/vcpus?limit=1');
    expect(vcpuPage.parse(first)).toEqual(first);
    expect(first['items']).toMatchObject([{ id: 1 }]);
    const second = await api.done('GET', `/v1/vms/m/vcpus?limit=1&cursor=${String(first['nextCursor'])}`);
    expect(second['items']).toMatchObject([{ id: 5 }]);
    expect(second['nextCursor']).toBeUndefined();
  });

  it('can be looked at as they were', async () => {
    const { version } = await api.done('GET', '/v1/vms/m');
    await api.done('PATCH', '/v1/vms/m/vcpus/5/registers', { todpr: 99 });
    const then = await api.done('GET', `/v1/vms/m/vcpus/5?version=${String(version)}`);
    expect(then).toMatchObject({ version, registers: { todpr: 0 } });
    expect(await api.done('GET', '/v1/vms/m/vcpus?version=1')).toMatchObject({ items: [], version: 1 });
    const { status, body } = await api.call('GET', '/v1/vms/m/vcpus/5?version=1');
    expect([status, body['type']]).toEqual([404, 'urn:vmledger:problem:unknown-vcpu']);
  });

  it('show the interruption that waits', async () => {
    const body = { op: 'logical_read', gaddr: '0x5000', size: 1, flags: ['inject_exception'] };
    const answer = await api.done('POST', '/v1/vms/m/vcpus/5/memop', body);
    expect(answer).toMatchObject({ ret: 5, exception: { name: 'addressing', injected: true } });
    expect(await api.done('GET', '/v1/vms/m/vcpus/5')).toMatchObject({ pending: [{ type: 'program_int', code: 5 }] });
  });

  it('are refused changes where they are not', async () => {
    const { status, body } = await api.call('PATCH', '/v1/vms/m/vcpus/9/registers', { fpc: 1 });
    expect([status, body['errno']]).toEqual([404, 'ENOENT']);
  });
});
