import { Api, base64 } from './support/api.js';
import { X86Guest, replayed } from './support/x86.js';

const KVM_ENOSYS = { ret: 0, rax: '0xfffffffffffffc18', result: -1000, code: 'KVM_ENOSYS', clobbered: [] };

describe('hypercalls over REST', () => {
  let api: Api;
  let vm: X86Guest;
  beforeAll(async () => {
    api = await Api.start();
    vm = await X86Guest.start(api, 'x', {}, 4);
  });
  afterAll(() => api.close());

  it('a negative result is a result', async () => {
    expect(await vm.hypercall(9999)).toMatchObject(KVM_ENOSYS);
    expect(await vm.hypercall(9999, [], { mode: 32 })).toMatchObject({ rax: '0xfffffc18', result: -1000 });
    expect(await vm.hypercall(1, [], { cpl: 3 })).toMatchObject({ result: -1, code: 'KVM_EPERM' });
    expect(await vm.registers()).toMatchObject({ rax: '0xffffffffffffffff', rip: '0x1009', cs: { dpl: 0 } });
  });

  it('preconditions of the request are problems', async () => {
    expect(await vm.refusal('POST', 'vcpus/9/hypercalls', { nr: 1 })).toEqual([404, 'ENOENT']);
    for (const body of [
      {},
      { nr: -1 },
      { nr: 1, mode: 16 },
      { nr: 1, cpl: 4 },
      { nr: 1, args: [1, 2, 3, 4, 5] },
      { nr: 1, token: 'x' },
    ])
      expect((await vm.call('POST', 'vcpus/0/hypercalls', body)).status).toBe(400);
    expect((await vm.call('POST', 'vcpus/0/hypercalls', { nr: 1, registers: { cr0: 1 } })).status).toBe(400);
  });

  it('interrupts that were sent are seen, and a run takes them', async () => {
    expect(await vm.hypercall(10, ['0xb', 0, 2, '0xf1'])).toMatchObject({ result: 2 });
    expect(await vm.done('GET', 'vcpus/3')).toMatchObject({ interrupts: [{ mode: 'fixed', vector: 0xf1 }] });
    await vm.done('PATCH', 'vcpus/3/registers', { rflags: '0x202' });
    expect(await vm.run({}, 3)).toMatchObject({ delivered: [{ mode: 'fixed', vector: 0xf1 }] });
  });

  it('KVM_HC_CLOCK_PAIRING has the time of the record', async () => {
    const { position } = await vm.hypercall(9, ['0x5000', 0]);
    const [record] = (await vm.journal()).filter((each) => each['position'] === position);
    const bytes = Buffer.from(await vm.bytes(0x5000, 16));
    const time = Number(bytes.readBigInt64LE(0)) * 1000 + Number(bytes.readBigInt64LE(8)) / 1e6;
    expect(new Date(time).toISOString()).toBe(record?.['time']);
    expect(record).toMatchObject({ command: { time } });
  });

  it('user space answers MAP_GPA_RANGE in the next run', async () => {
    expect(await vm.hypercall(12, ['0x1000', 2, '0x10'])).toMatchObject(KVM_ENOSYS);
    expect(await api.done('GET', '/v1/vms/x/capabilities/exit_hypercall')).toMatchObject({ ret: 4096 });
    await vm.done('PUT', 'capabilities/exit_hypercall', { args: ['0x1000'] });
    const exit = { reason: 'hypercall', number: 3, nr: '0xc', ret: '0x0', flags: '0x1' };
    expect(await vm.hypercall(12, ['0x1000', 2, '0x10'])).toMatchObject({
      exit: { ...exit, args: ['0x1000', '0x2', '0x10', '0x0', '0x0', '0x0'] },
    });
    expect(await vm.run({ hypercall: { ret: 7 } })).toMatchObject({ ret: 0 });
    expect(await vm.registers()).toMatchObject({ rax: '0x7' });
  });

  it.each([
    ['xen_hvm', { reason: 'xen', number: 34, input: '0x1' }],
    ['hyperv', { reason: 'hyperv', number: 27 }],
  ])('with %s its own interface has the call', async (cap, exit) => {
    const other = await X86Guest.start(api, cap);
    await other.done('PUT', `capabilities/${cap}`, {});
    if (cap === 'hyperv') await other.guest('wrmsr', { msr: '0x40000000', value: 1 });
    expect(await other.hypercall(1)).toMatchObject({ exit });
  });

  it('an agent in the guest signals its tool', async () => {
    await vm.hook('hypercall');
    const request = { registers: { rdi: 24, rsi: 0 } };
    expect(await vm.hypercall(34, [], request)).toMatchObject({ ret: 0, waiting: 1 });
    expect(await vm.events()).toMatchObject([{ event: 'hypercall', registers: { rax: '0x22', rdi: '0x18' } }]);
    expect(await vm.reply(1, 'continue')).toMatchObject({
      resumed: { ret: 0, rax: '0x0', result: 0, clobbered: ['rdx', 'r10', 'r8', 'r9'] },
    });
  });

  it('the guest reads and writes through its page tables, and gets exceptions', async () => {
    await vm.guest('store', { gva: '0x6000', data: base64('hello') });
    expect(await vm.guest('load', { gva: '0x6000', size: 5 })).toMatchObject({ data: base64('hello') });
    expect(await vm.guest('load', { gva: '0x800000', size: 1 })).toMatchObject({
      exception: { vector: 14, name: 'page_fault', errorCode: 0, address: '0x800000' },
    });
    expect(await vm.guest('fetch', { gva: '0x6000' })).toMatchObject({ ret: 0 });
    expect(await vm.refusal('POST', 'vcpus/0/guest', { instruction: 'cpuid' })).toEqual([501, 'EOPNOTSUPP']);
    expect((await vm.call('POST', 'vcpus/0/guest', { instruction: 'load', gva: 0 })).status).toBe(400);
  });

  it('vCPUs halt, and user space says how they are', async () => {
    await vm.guest('hlt', {}, 1);
    expect(await vm.done('GET', 'vcpus/1/mp-state')).toMatchObject({ mpState: 'halted' });
    await vm.done('PUT', 'vcpus/1/mp-state', { mpState: 'uninitialized' });
    expect(await vm.refusal('POST', 'vcpus/1/run', {})).toEqual([503, 'EAGAIN']);
    expect(await vm.refusal('PUT', 'vcpus/1/mp-state', { mpState: 'operating' })).toEqual([400, 'EINVAL']);
  });

  it('replays', async () => {
    expect(await replayed(api)).toEqual([]);
  });
});
