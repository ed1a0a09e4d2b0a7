import { floatingAnswer } from '../../src/api/shapes/interrupt.js';
import { runAnswer } from '../../src/api/shapes/run.js';
import { vcpuShape } from '../../src/api/shapes/vcpu.js';
import { Api } from './support/api.js';

const VM = '/v1/vms/m';
const VCPU = `${VM}/vcpus/0`;

describe('interruptions of a whole VM, and state beside the general registers, over REST', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
    await api.machine('m');
    await api.done('POST', '/v1/vms', { id: 'u', arch: 's390x', type: 'ucontrol' });
    await api.done('POST', '/v1/vms/u/vcpus', { id: 0 });
    await api.done('POST', '/v1/vms', { id: 'x', arch: 'x86_64' });
  });
  afterAll(() => api.close());

  const said = async (method: string, path: string, body?: unknown) => {
    const { status, body: answer } = await api.call(method, path, body);
    return [status, answer['errno']];
  };

  it('are injected, listed and delivered', async () => {
    await api.done('POST', `${VM}/interrupts`, { type: 'int_service', parm: '0x2008' });
    await api.done('POST', `${VM}/interrupts`, { type: 0x04000000, parm: 3, parm64: '0x38000000' });
    const listed = await api.done('GET', `${VM}/interrupts`);
    expect(floatingAnswer.parse(listed)).toEqual(listed);
    expect(listed['pending']).toEqual([
      { type: 'int_service', extParams: 0x2008, sccb: true, event: false },
      { type: 'int_io', adapter: true, subchannelId: 0, subchannelNr: 3, ioIntParm: 0, ioIntWord: 0x38000000 },
    ]);
    await api.done('PATCH', `${VCPU}/registers`, {
      psw: { mask: '0x300000180000000', addr: 0 },
      crs: { 0: 0x200, 6: 0xff000000 },
    });
    const ran = await api.done('POST', `${VCPU}/run`, {});
    expect(runAnswer.parse(ran)).toEqual(ran);
    expect(ran['delivered']).toMatchObject([{ type: 'int_service' }]);
    const { version } = listed as { version: number };
    expect((await api.done('GET', `${VM}/interrupts`))['pending']).toHaveLength(1);
    expect((await api.done('GET', `${VM}/interrupts?version=${version}`))['pending']).toHaveLength(2);
  });

  it('are refused as KVM refuses them', async () => {
    expect(await said('POST', `${VM}/interrupts`, {})).toEqual([422, 'EFAULT']);
    expect(await said('POST', `${VM}/interrupts`, { type: 0xfffe0003 })).toEqual([400, 'EINVAL']);
    expect(await said('POST', '/v1/vms/u/interrupts', { type: 'int_service' })).toEqual([400, 'EINVAL']);
    expect(await said('POST', '/v1/vms/x/interrupts', { type: 'int_service' })).toEqual([501, 'ENOTTY']);
    expect(await said('POST', `${VM}/interrupts`, { parm: 1 })).toEqual([400, undefined]);
    expect(await said('POST', `${VM}/interrupts`, { type: 'int_service', code: 1 })).toEqual([400, undefined]);
  });

  it.each<[what: string, method: string, body: object]>([
    ['KVM_S390_IRQ', 'POST', { type: 'program_int', code: 1, flags: ['store_status'] }],
    ['KVM_S390_IRQ by number', 'POST', { type: 0xfffe0001, code: 1, flags: ['store_status', 2] }],
    ['KVM_S390_SET_IRQ_STATE', 'PUT', { interrupts: [{ type: 'program_int', flags: ['store_status'] }] }],
  ])('flags of a stop are no flags of a program interruption: %s', async (_what, method, body) => {
    const { status, body: answer } = await api.call(method, `${VCPU}/interrupts`, body);
    expect([status, JSON.stringify(answer['errors'])]).toEqual([400, expect.stringContaining('flags')]);
  });

  it('vector registers and what is like them are set, shown and written back', async () => {
    const given = {
      vrs: { 1: '0x10000000000000002' },
      fprs: { 0: 3 },
      gscb: { gsd: 1, gssm: '0x2', gsEpl: 3 },
      riccb: 'ab'.repeat(64),
      bpbc: true,
      etoken: 4,
      etokenExtension: 5,
    };
    await api.done('PATCH', `${VCPU}/registers`, given);
    const vcpu = await api.done('GET', VCPU);
    expect(vcpuShape.parse(vcpu)).toEqual(vcpu);
    const registers = vcpu['registers'] as Record<string, unknown>;
    const { vrs, fprs, ...others } = registers as { vrs: string[]; fprs: string[] };
    expect([vrs[0], vrs[1], fprs[0], fprs[1]]).toEqual(['0x30000000000000000', '0x10000000000000002', '0x3', '0x1']);
    expect(others).toMatchObject({
      gscb: { gsd: '0x1', gssm: '0x2', gsEpl: '0x3' },
      riccb: 'ab'.repeat(64),
      bpbc: true,
      etoken: '0x4',
      etokenExtension: '0x5',
    });
    await api.done('POST', `${VCPU}/reset`, { type: 'clear' });
    expect((await api.done('GET', VCPU))['registers']).not.toHaveProperty('vrs');
    await api.done('PATCH', `${VCPU}/registers`, registers);
    expect((await api.done('GET', VCPU))['registers']).toEqual(registers);
  });

  it('all of it can be replayed', async () => {
    expect(await api.replay('m')).toMatchObject({ state: 'done', divergences: [] });
  });

  it('a UCONTROL VM fails where the VMM has no memory', async () => {
    const read = { op: 'absolute_read', gaddr: 0, size: 8 };
    expect(await said('POST', '/v1/vms/u/memop', read)).toEqual([422, 'EFAULT']);
    expect(await api.done('POST', '/v1/vms/u/memop', { ...read, flags: ['check_only'] })).toMatchObject({ ret: 0 });
    expect(await said('POST', '/v1/vms/u/vcpus/0/memop', { ...read, op: 'logical_read' })).toEqual([422, 'EFAULT']);
    await api.done('PATCH', '/v1/vms/u/vcpus/0/registers', { psw: { mask: '0x400000180000000', addr: 0 } });
    expect(await said('POST', '/v1/vms/u/vcpus/0/translate', { gaddr: 0 })).toEqual([422, 'EFAULT']);
  });
});
