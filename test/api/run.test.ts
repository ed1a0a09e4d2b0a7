import { Api } from './support/api.js';
import { irqStateAnswer } from '../../src/api/shapes/interrupt.js';
import { mpStateAnswer, oneRegAnswer, preFaultAnswer, runAnswer } from '../../src/api/shapes/run.js';
import { vcpuShape } from '../../src/api/shapes/vcpu.js';

const PATH = '/v1/vms/m/vcpus/0';

describe('a vCPU over REST', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
    await api.machine('m');
    await api.done('POST', '/v1/vms', { id: 'u', arch: 's390x', type: 'ucontrol', semantics: 'kernel' });
    await api.done('POST', '/v1/vms/u/vcpus', { id: 0 });
  });
  afterAll(() => api.close());

  const errno = async (method: string, path: string, body?: unknown) => {
    const answer = await api.call(method, path, body);
    return [answer.status, answer.body['errno']];
  };

  it('injects, lists, sets and delivers interruptions', async () => {
    await api.done('POST', `${PATH}/interrupts`, { type: 'program_int', code: 0x11, transExcCode: '0x5000' });
    await api.done('POST', `${PATH}/interrupts`, { type: 0xfffe0003 });
    const vcpu = await api.done('GET', PATH);
    expect(vcpuShape.parse(vcpu)).toEqual(vcpu);
    const pending = [{ type: 'program_int', code: 0x11, transExcCode: '0x5000' }, { type: 'restart' }];
    expect(vcpu).toMatchObject({ mpState: 'stopped', pending });
    const state = await api.done('GET', `${PATH}/interrupts`);
    expect(irqStateAnswer.parse(state)).toEqual(state);
    expect(state).toMatchObject({ ret: 144, interrupts: [{ type: 'restart' }, { type: 'program_int' }] });
    expect(await errno('GET', `${PATH}/interrupts?len=72`)).toEqual([507, 'ENOBUFS']);
    expect(await errno('PUT', `${PATH}/interrupts`, { interrupts: state['interrupts'] })).toEqual([409, 'EBUSY']);
    const ran = await api.done('POST', `${PATH}/run`, {});
    expect(runAnswer.parse(ran)).toEqual(ran);
    expect(ran).toMatchObject({ ret: 0, delivered: [{ type: 'program_int' }, { type: 'restart' }] });
    await api.done('PUT', `${PATH}/interrupts`, { interrupts: state['interrupts'] });
    expect((await api.done('GET', `${PATH}/interrupts`))['interrupts']).toEqual(state['interrupts']);
    expect(await errno('POST', `${PATH}/interrupts`, { type: 'int_service' })).toEqual([400, 'EINVAL']);
    expect(await errno('PUT', `${PATH}/interrupts`, {})).toEqual([422, 'EFAULT']);
  });

  it('runs, stops and is reset', async () => {
    expect(await errno('POST', `${PATH}/run`, { immediateExit: true })).toEqual([503, 'EINTR']);
    const operating = await api.done('GET', `${PATH}/mp-state`);
    expect(mpStateAnswer.parse(operating)).toEqual(operating);
    expect(operating).toMatchObject({ ret: 0, mpState: 'operating' });
    expect(await errno('POST', `${PATH}/initial-psw`, { mask: 0, addr: 0 })).toEqual([409, 'EBUSY']);
    expect(await api.done('POST', `${PATH}/reset`, { type: 'clear' })).toMatchObject({ ret: 0 });
    expect(await api.done('GET', PATH)).toMatchObject({ mpState: 'stopped', pending: [], registers: { gbea: '0x1' } });
    expect(await errno('POST', `${PATH}/initial-psw`, {})).toEqual([422, 'EFAULT']);
    await api.done('POST', `${PATH}/initial-psw`, { mask: '0x180000000', addr: '0x10000' });
    expect(await errno('PUT', `${PATH}/mp-state`, { mpState: 'load' })).toEqual([404, 'ENXIO']);
    expect(await errno('POST', `${PATH}/run`, {})).toEqual([400, 'EINVAL']);
    await api.done('PUT', `${PATH}/mp-state`, { mpState: 7 });
    expect(await api.done('GET', PATH)).toMatchObject({
      mpState: 'operating',
      registers: { psw: { addr: '0x10000' } },
    });
    expect(await api.done('GET', '/v1/vms/m')).toMatchObject({ state: { cpuStateControl: 'user' } });
    expect(await api.done('GET', '/v1/vms/u/vcpus/0/mp-state')).toMatchObject({ ret: 5 });
  });

  it('reads and sets registers by id, and stores its status', async () => {
    const id = '0x5030000000000008';
    await api.done('PUT', `${PATH}/one-reg/${id}`, { value: '0xabc' });
    const read = await api.done('GET', `${PATH}/one-reg/${id}`);
    expect(oneRegAnswer.parse(read)).toEqual(read);
    expect(read).toMatchObject({ ret: 0, value: '0xabc' });
    expect(await errno('PUT', `${PATH}/one-reg/${id}`, {})).toEqual([422, 'EFAULT']);
    expect(await errno('GET', `${PATH}/one-reg/0x1`)).toEqual([400, 'EINVAL']);
    await api.done('POST', `${PATH}/store-status`, { addr: '0xffffffffffffffff' });
    expect(await errno('POST', `${PATH}/store-status`, { addr: '0x400000' })).toEqual([422, 'EFAULT']);
  });

  it('faults memory in, and maps it where it is a UCONTROL VM', async () => {
    const ahead = await api.done('POST', `${PATH}/pre-fault`, { gpa: '0x3ff000', size: '0x2000' });
    expect(preFaultAnswer.parse(ahead)).toEqual(ahead);
    expect(ahead).toMatchObject({ ret: 0, gpa: '0x400000', size: '0x1000' });
    expect(await errno('POST', `${PATH}/pre-fault`, { gpa: 0, size: 4096, flags: 1 })).toEqual([400, 'EINVAL']);
    expect(await api.done('POST', `${PATH}/fault`, { addr: 0 })).toMatchObject({ ret: 0 });
    const { status, body } = await api.call('POST', '/v1/vms/u/vcpus/0/fault', { addr: '0x100000' });
    expect([status, body]).toMatchObject([
      409,
      { errno: 'EREMOTE', exitReason: 's390_ucontrol', transExcCode: '0x100000' },
    ]);
    const segment = { userAddr: 0, vcpuAddr: '0x100000', length: '0x100000' };
    await api.done('POST', '/v1/vms/u/vcpus/0/ucas/map', segment);
    await api.done('POST', '/v1/vms/u/vcpus/0/fault', { addr: '0x100000' });
    await api.done('POST', '/v1/vms/u/vcpus/0/ucas/unmap', segment);
    expect(await errno('POST', '/v1/vms/u/vcpus/0/fault', { addr: '0x100000' })).toEqual([409, 'EREMOTE']);
    await api.done('POST', '/v1/vms/u/vcpus/0/ucas/map', segment);
    await api.done('POST', '/v1/vms/u/vcpus/0/ucas/unmap', { vcpuAddr: '0x100000', length: '0x100000' });
    expect(await errno('POST', '/v1/vms/u/vcpus/0/fault', { addr: '0x100000' })).toEqual([409, 'EREMOTE']);
    expect(await errno('POST', '/v1/vms/u/vcpus/0/ucas/unmap', {})).toEqual([422, 'EFAULT']);
    expect(await errno('POST', `${PATH}/ucas/map`, segment)).toEqual([400, 'EINVAL']);
    expect(await errno('POST', '/v1/vms/u/vcpus/0/ucas/map', {})).toEqual([422, 'EFAULT']);
  });

  it.each<[method: string, path: string, body: unknown, names: string]>([
    ['PUT', 'mp-state', {}, 'mpState'],
    ['PUT', 'mp-state', { mpState: 'asleep' }, 'mpState'],
    ['POST', 'run', { immediateExit: 1 }, 'immediateExit'],
    ['POST', 'reset', { type: 'warm' }, 'type'],
    ['POST', 'initial-psw', { mask: 0 }, 'addr'],
    ['POST', 'store-status', {}, 'addr'],
    ['PUT', 'one-reg/0x5020000000000001', { value: '0x100000000' }, 'value'],
    ['GET', 'one-reg/first', undefined, 'id'],
    ['POST', 'interrupts', { type: 'program_int', code: 65536 }, 'code'],
    ['POST', 'interrupts', { type: 'program_int', flags: 256 }, 'flags'],
    ['POST', 'interrupts', { type: 'ring' }, 'type'],
    ['PUT', 'interrupts', { interrupts: [{ type: 'mchk', fixedLogout: '00' }] }, 'interrupts.0.fixedLogout'],
    ['GET', 'interrupts?len=-1', undefined, 'len'],
    ['POST', 'pre-fault', { gpa: 0 }, 'size'],
    ['POST', 'fault', { addr: 0.5 }, 'addr'],
    ['POST', 'ucas/map', { userAddr: 0 }, 'length'],
    ['POST', 'ucas/map', { vcpuAddr: 0, length: 0 }, 'length'],
    ['POST', 'ucas/unmap', { userAddr: 0 }, 'length'],
    ['POST', 'ucas/unmap', { vcpuAddr: 0 }, 'length'],
    ['POST', 'ucas/unmap', { length: 0 }, 'length'],
  ])('%s %s of %j is malformed and not recorded', async (method, path, body, names) => {
    const before = await api.head();
    const { status, body: problem } = await api.call(method, `${PATH}/${path}`, body);
    expect([status, problem['errors']]).toMatchObject([400, [{ field: names }]]);
    expect(await api.head()).toBe(before);
  });
});
