import { attributeAnswer } from '../../src/api/shapes/attributes.js';
import { mpStateAnswer, runAnswer } from '../../src/api/shapes/run.js';
import { smcccAnswer } from '../../src/api/shapes/smccc.js';
import { vcpuShape } from '../../src/api/shapes/vcpu.js';
import { Api, type Body } from './support/api.js';

const NOT_SUPPORTED = '0xffffffffffffffff';
const FILTER = 'attributes/smccc_ctrl/smccc_filter';
const ZEROS = Buffer.alloc(15).toString('base64');

const hypercall = (nr: string, flags: string) => ({
  reason: 'hypercall',
  number: 3,
  nr,
  args: ['0x0', '0x0', '0x0', '0x0', '0x0', '0x0'],
  ret: '0x0',
  flags,
});

describe('calls of an aarch64 guest over REST', () => {
  let api: Api;
  let made = 0;
  beforeAll(async () => {
    api = await Api.start();
  });
  afterAll(() => api.close());

  /** A new aarch64 VM with two vCPUs: its path. */
  async function machine(options: object = {}): Promise<string> {
    const id = `arm-${made++}`;
    await api.done('POST', '/v1/vms', { id, arch: 'aarch64', ...options });
    for (const vcpu of [0, 1]) await api.done('POST', `/v1/vms/${id}/vcpus`, { id: vcpu });
    return `/v1/vms/${id}`;
  }

  const call = async (path: string, functionId: unknown, more: object = {}, vcpu = 0): Promise<Body> => {
    const answer = await api.done('POST', `${path}/vcpus/${vcpu}/smccc`, { conduit: 'hvc', functionId, ...more });
    expect(smcccAnswer.parse(answer)).toEqual(answer);
    return answer;
  };

  const refusal = async (method: string, path: string, body?: unknown) => {
    const { status, body: answer } = await api.call(method, path, body);
    return [status, answer['errno']];
  };

  const replayed = async (path: string): Promise<unknown> => (await api.replay(path.split('/').at(-1)))['divergences'];

  it('a filter is set, asked for and fixed by the first call', async () => {
    const path = await machine();
    const set = (body: object) => refusal('PUT', `${path}/${FILTER}`, body);
    const range = { base: '0x84000000', nrFunctions: '0x20', action: 'fwd_to_user', pad: ZEROS };
    expect(await api.done('PUT', `${path}/${FILTER}`, range)).toMatchObject({ ret: 0 });
    expect(await set(range)).toEqual([409, 'EEXIST']);
    expect(await set({ base: 0x80000000, nrFunctions: 1, action: 1 })).toEqual([409, 'EEXIST']);
    expect(await set({ base: 0, nrFunctions: 0, action: 1 })).toEqual([400, 'EINVAL']);
    expect(await set({ base: 0x85000000, nrFunctions: 1, action: 3 })).toEqual([400, 'EINVAL']);
    expect(await set({ ...range, pad: Buffer.alloc(15, 1).toString('base64') })).toEqual([400, 'EINVAL']);
    expect(await set({})).toEqual([422, 'EFAULT']);
    expect(await refusal('GET', `${path}/${FILTER}`)).toEqual([400, 'EINVAL']);
    expect((await api.raw('HEAD', `${path}/${FILTER}`)).headers.get('kvm-ret')).toBe('0');
    expect((await api.raw('HEAD', `${path}/attributes/0/1`)).headers.get('kvm-errno')).toBe('ENXIO');
    expect(await refusal('PUT', `${path}/attributes/1/0`, {})).toEqual([404, 'ENXIO']);
    expect(await api.done('GET', `${path}/attributes`)).toMatchObject({
      items: [{ group: 'smccc_ctrl', attribute: 'smccc_filter', groupNumber: 0, attributeNumber: '0x0', ret: 0 }],
    });

    expect(await api.done('GET', path)).toMatchObject({ state: { run: 'never' } });
    expect(await call(path, '0xffffffff84000003', { conduit: 'smc', args: [1, '0x2'] })).toMatchObject({
      ret: 0,
      action: 'fwd_to_user',
      registers: { x0: '0xffffffff84000003', x1: '0x1', x2: '0x2', x3: '0x0' },
      exit: hypercall('0x84000003', '0x1'),
    });
    expect(await api.done('GET', path)).toMatchObject({ state: { run: 'ran' } });
    expect(await set({ base: 0x85000000, nrFunctions: 1, action: 'deny' })).toEqual([409, 'EBUSY']);
    expect(await api.done('GET', `${path}/state`)).toMatchObject({ commands: { 'smccc_ctrl/smccc_filter': 'EBUSY' } });

    await api.done('PATCH', `${path}/vcpus/0/registers`, { x0: NOT_SUPPORTED });
    const ran = await api.done('POST', `${path}/vcpus/0/run`, { hypercall: { ret: 7 } });
    expect(runAnswer.parse(ran)).toEqual(ran);
    expect(await api.done('GET', `${path}/vcpus/0`)).toMatchObject({ registers: { x0: NOT_SUPPORTED, pc: '0x4' } });
    expect(await replayed(path)).toEqual([]);
  });

  it('a call is answered, denied, or not asked about', async () => {
    const path = await machine();
    expect(await call(path, 0x80000000)).toMatchObject({
      action: 'handle',
      registers: { x0: '0x10001', x1: '0x0', x2: '0x0', x3: '0x0' },
    });
    expect(await call(path, 0xc3000000, { args: [1, 2, 3] })).toMatchObject({
      ret: 0,
      action: 'deny',
      registers: { x0: NOT_SUPPORTED, x1: '0x0', x2: '0x0', x3: '0x0' },
    });
    expect(await call(path, 0x80000000, { conduit: 'smc', immediate: 1 })).toMatchObject({
      action: null,
      registers: { x0: NOT_SUPPORTED },
    });
    expect(await call(path, 0x8600ff01)).toMatchObject({
      registers: { x0: '0xb66fb428', x1: '0xe911c52e', x2: '0x564bcaa9', x3: '0x743a004d' },
    });
  });

  it('vCPUs are powered off and on', async () => {
    const path = await machine();
    await api.done('PUT', `${path}/vcpus/1/mp-state`, { mpState: 'stopped' });
    const stopped = await api.done('GET', `${path}/vcpus/1/mp-state`);
    expect(mpStateAnswer.parse(stopped)).toEqual(stopped);
    expect(stopped).toMatchObject({ ret: 0, mpState: 'stopped' });
    expect(await refusal('POST', `${path}/vcpus/1/smccc`, { conduit: 'hvc', functionId: 0 })).toEqual([503, 'EINTR']);
    expect(await call(path, 0xc4000003, { args: [1, '0x40000000', '0x44'] })).toMatchObject({
      registers: { x0: '0x0' },
    });
    const started = await api.done('GET', `${path}/vcpus/1`);
    expect(vcpuShape.parse(started)).toEqual(started);
    expect(started).toMatchObject({
      mpState: 'runnable',
      registers: { x0: '0x44', pc: '0x40000000', pstate: '0x3c5' },
    });
    await call(path, 0x84000002, {}, 1);
    expect(await call(path, 0xc4000004, { args: [1, 0] })).toMatchObject({ registers: { x0: '0x1' } });
    expect(await refusal('PUT', `${path}/vcpus/0/mp-state`, { mpState: 'halted' })).toEqual([400, 'EINVAL']);
    expect(await call(path, 0x84000008)).toMatchObject({ exit: { reason: 'system_event', number: 24, type: 1 } });
    expect(await api.done('GET', `${path}/vcpus/0`)).toMatchObject({
      mpState: 'stopped',
      registers: { x0: '0xfffffffffffffffa' },
    });
    expect(await api.done('POST', `${path}/vcpus/0/run`)).toMatchObject({ ret: 0 });
    expect(await replayed(path)).toEqual([]);
  });

  it('SYSTEM_SUSPEND is user space to do once it is enabled', async () => {
    const path = await machine();
    expect(await call(path, 0xc400000e, { args: [8] })).toMatchObject({ registers: { x0: NOT_SUPPORTED } });
    expect(await api.done('GET', `${path}/capabilities/arm_system_suspend`)).toMatchObject({ ret: 1 });
    await api.done('PUT', `${path}/capabilities/arm_system_suspend`, {});
    expect(await call(path, 0xc400000e, { args: [8] })).toMatchObject({
      registers: { x0: '0xc400000e', x1: '0x8' },
      exit: { reason: 'system_event', number: 24, type: 5 },
    });
  });

  it('firmware registers gate calls, are read as they are written, and are fixed by the first run', async () => {
    const path = await machine();
    const { registers } = (await api.done('GET', `${path}/vcpus/0`)) as { registers: Body };
    expect(registers).toMatchObject({
      firmware: { std: '0x1', stdHyp: '0x1', vendorHyp: '0x3' },
      psciVersion: '0x10001',
    });
    const patch = (body: object) => refusal('PATCH', `${path}/vcpus/0/registers`, body);
    expect(await api.done('PATCH', `${path}/vcpus/0/registers`, registers)).toMatchObject({ ret: 0 });
    expect(await patch({ firmware: { vendorHyp: 4 } })).toEqual([400, 'EINVAL']);
    await api.done('PATCH', `${path}/vcpus/1/registers`, { firmware: { vendorHyp: 1 }, psciVersion: '0x10000' });
    expect(await call(path, 0x86000001)).toMatchObject({ action: 'deny' });
    expect(await call(path, 0x84000000)).toMatchObject({ registers: { x0: '0x10000' } });
    expect(await patch({ firmware: { vendorHyp: '0x3' } })).toEqual([409, 'EBUSY']);
    expect(await api.done('PATCH', `${path}/vcpus/0/registers`, { firmware: { vendorHyp: 1 } })).toMatchObject({
      ret: 0,
    });
    expect(await refusal('PATCH', `${path}/vcpus/0/registers`, { psw: {} })).toEqual([400, undefined]);
  });

  it('random bits and clocks come from the host, and a replay sees the same', async () => {
    const path = await machine();
    const bits = async () => (await call(path, 0xc4000053, { args: [192] }))['registers'] as Body;
    const [one, two] = [await bits(), await bits()];
    expect(one['x0']).toBe('0x0');
    expect(one).not.toEqual(two);
    const { x0, x1 } = (await call(path, 0x86000001, { args: [0] }))['registers'] as { x0: string; x1: string };
    const seconds = Number((BigInt(x0) << 32n) | BigInt(x1)) / 1e9;
    expect(Math.abs(seconds - Date.now() / 1000)).toBeLessThan(60);
    expect(await replayed(path)).toEqual([]);
    expect(await refusal('POST', `${path}/vcpus/0/smccc`, { conduit: 'hvc', functionId: 0, random: '' })).toEqual([
      400,
      undefined,
    ]);
    expect(await refusal('POST', `${path}/vcpus`, { id: 3, hostCounter: 1 })).toEqual([400, undefined]);
  });

  it('a record of stolen time has the place that user space gave it', async () => {
    const path = await machine();
    const ATTRIBUTE = `${path}/vcpus/0/attributes/pvtime_ctrl/ipa`;
    await api.done('PUT', `${path}/memslots/0`, { guestPhysAddr: '0x40000000', size: '0x10000' });
    const before = await api.done('GET', ATTRIBUTE);
    expect(attributeAnswer.parse(before)).toMatchObject({ value: NOT_SUPPORTED });
    expect(await refusal('PUT', ATTRIBUTE, {})).toEqual([422, 'EFAULT']);
    expect(await refusal('PUT', ATTRIBUTE, { value: 8 })).toEqual([400, 'EINVAL']);
    await api.done('PUT', ATTRIBUTE, { value: '0x40000040' });
    expect(await refusal('PUT', ATTRIBUTE, { value: '0x40000080' })).toEqual([409, 'EEXIST']);
    expect((await api.raw('HEAD', ATTRIBUTE)).headers.get('kvm-ret')).toBe('0');
    expect((await api.raw('HEAD', `${path}/vcpus/0/attributes/0/0`)).headers.get('kvm-errno')).toBe('ENXIO');
    expect(await call(path, 0xc5000021)).toMatchObject({ registers: { x0: '0x40000040' } });
  });

  it.each<[what: string, body: object, field: string]>([
    ['another conduit', { conduit: 'svc', functionId: 0 }, 'conduit'],
    ['no id', { conduit: 'hvc' }, 'functionId'],
    ['an id of more than 64 bits', { conduit: 'hvc', functionId: '0x10000000000000000' }, 'functionId'],
    ['too many arguments', { conduit: 'hvc', functionId: 0, args: new Array(18).fill(0) }, 'args'],
    ['an immediate of more than 16 bits', { conduit: 'hvc', functionId: 0, immediate: 65536 }, 'immediate'],
    ['something else', { conduit: 'hvc', functionId: 0, hint: 1 }, 'hint'],
  ])('a call with %s is malformed', async (_what, body, field) => {
    const path = await machine();
    const answer = await api.call('POST', `${path}/vcpus/0/smccc`, body);
    expect([answer.status, (answer.body['errors'] as { field: string }[])[0]?.field]).toEqual([400, field]);
  });

  it('is for aarch64 vCPUs', async () => {
    await api.machine('s');
    const body = { conduit: 'hvc', functionId: 0 };
    expect(await refusal('POST', '/v1/vms/s/vcpus/0/smccc', body)).toEqual([501, 'ENOTTY']);
    expect(await refusal('PUT', '/v1/vms/s/vcpus/0/attributes/2/0', {})).toEqual([501, 'ENOTTY']);
    expect(await refusal('PUT', '/v1/vms/s/vcpus/0/mp-state', { mpState: 'runnable' })).toEqual([404, 'ENXIO']);
    const path = await machine();
    expect(await refusal('POST', `${path}/vcpus/9/smccc`, body)).toEqual([404, 'ENOENT']);
    expect(await refusal('POST', `${path}/vcpus/0/memop`, { op: 'logical_read', size: 8 })).toEqual([501, 'ENOTTY']);
  });
});
