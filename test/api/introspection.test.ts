import { once } from 'node:events';
import { introspectionShape, unhookAnswer } from '../../src/api/shapes/introspection.js';
import { vcpuShape } from '../../src/api/shapes/vcpu.js';
import { Api, type Body, base64 } from './support/api.js';
import { X86Guest, replayed } from './support/x86.js';

const ONE = base64(Uint8Array.of(1));

describe('introspection over REST', () => {
  let api: Api;
  let made = 0;
  beforeAll(async () => {
    api = await Api.start();
  });
  afterAll(() => api.close());

  const start = (options: object = {}, vcpus = 1) =>
    X86Guest.start(api, `x86-${made++}`, options as Readonly<Record<string, unknown>>, vcpus);

  const channel = async (vm: X86Guest): Promise<Body> => {
    const view = await vm.done('GET', 'introspection');
    expect(introspectionShape.parse(view)).toEqual(view);
    return view;
  };

  it('a tool is hooked, allowed, told and unhooked', async () => {
    const vm = await start();
    expect(await channel(vm)).toMatchObject({ hooked: false, tokens: 0, pendingEvents: 0 });
    const refusals: [path: string, body: object, expected: unknown[]][] = [
      ['commands', { command: 'get_version' }, [422, 'EFAULT']],
      ['preunhook', {}, [422, 'EFAULT']],
      ['allow', { command: 'all', allow: 1 }, [422, 'EFAULT']],
      ['hook', { padding: 1 }, [400, 'EINVAL']],
      ['hook', { fd: -1 }, [400, 'EINVAL']],
      ['events/1/reply', { action: 'continue' }, [404, 'ENOENT']],
    ];
    for (const [path, body, expected] of refusals)
      expect([path, await vm.refusal('POST', `introspection/${path}`, body)]).toEqual([path, expected]);
    expect(await vm.done('POST', 'introspection/unhook')).toMatchObject({ ret: 0 });

    const uuid = '00112233-4455-6677-8899-aabbccddeeff';
    expect(await vm.done('POST', 'introspection/hook', { uuid })).toMatchObject({ ret: 0 });
    expect(await vm.refusal('POST', 'introspection/hook', {})).toEqual([409, 'EEXIST']);
    expect(await vm.tool('get_version')).toMatchObject({ ret: 0, protocolVersion: 1, maxMessageSize: 4088 });
    expect(await vm.refusal('POST', 'introspection/commands', { command: 'get_guest_info' })).toEqual([403, 'EPERM']);
    expect(await vm.refusal('POST', 'introspection/commands', { command: 17 })).toEqual([501, 'ENOSYS']);
    expect(await vm.refusal('POST', 'introspection/allow', { command: 'get_version', allow: 0 })).toEqual([
      403,
      'EPERM',
    ]);
    await vm.done('POST', 'introspection/allow', { command: 'all', allow: 1 });
    await vm.done('POST', 'introspection/allow', { event: 'breakpoint', allow: 1 });
    await vm.tool('control_events', { vcpu: 0, event: 'breakpoint', enable: 1 });
    expect(await channel(vm)).toMatchObject({
      hooked: true,
      uuid,
      allowed: { events: ['breakpoint'] },
      enabled: { vm: [], vcpus: { 0: ['breakpoint'] } },
    });

    expect(await vm.guest('int3')).toMatchObject({ ret: 0, waiting: 1 });
    const vcpu = await vm.done('GET', 'vcpus/0');
    expect(vcpuShape.parse(vcpu)).toMatchObject({ waiting: 1 });
    expect(await vm.events()).toMatchObject([
      { seq: 1, event: 'breakpoint', vcpu: 0, mode: 8, gpa: '0x1000', length: 1, registers: { rip: '0x1000' } },
    ]);
    expect(await vm.events('?after=1')).toEqual([]);
    const unhooked = await vm.done('POST', 'introspection/unhook', {});
    expect(unhookAnswer.parse(unhooked)).toMatchObject({ resumed: { 0: { ret: 0, exception: { vector: 3 } } } });
    expect(await channel(vm)).toMatchObject({ hooked: false, pendingEvents: 0 });
    expect(await replayed(api, vm.id)).toEqual([]);
  });

  it('the switch of the host', async () => {
    const vm = await start({ host: { introspection: false } });
    for (const [path, body] of [
      ['hook', {}],
      ['unhook', {}],
      ['allow', { event: 'cr', allow: 1 }],
    ] as const)
      expect(await vm.refusal('POST', `introspection/${path}`, body)).toEqual([403, 'EPERM']);
  });

  it('another architecture has none', async () => {
    await api.machine('s390');
    const problem = async (method: string, path: string, body?: unknown) => {
      const { status, headers, body: answer } = await api.call(method, `/v1/vms/s390/${path}`, body);
      return [status, answer['errno'], answer['ret'], headers.get('kvm-errno'), headers.get('kvm-ret')];
    };
    const ENOTTY = [501, 'ENOTTY', -25, 'ENOTTY', '-25'];
    expect(await problem('GET', 'introspection')).toEqual(ENOTTY);
    expect(await problem('GET', 'introspection/events?wait=20000')).toEqual(ENOTTY);
    for (const path of ['hook', 'unhook', 'preunhook'])
      expect(await problem('POST', `introspection/${path}`, {})).toEqual(ENOTTY);
    expect(await problem('POST', 'introspection/allow', { event: 'all', allow: 1 })).toEqual(ENOTTY);
    expect(await problem('POST', 'introspection/commands', { command: 'get_version' })).toEqual(ENOTTY);
    expect(await problem('POST', 'introspection/events/1/reply', { action: 'continue' })).toEqual(ENOTTY);
    expect(await problem('POST', 'vcpus/0/hypercalls', { nr: 1 })).toEqual(ENOTTY);
  });

  it('every command of the tool answers as it is described', async () => {
    const vm = await (await start({}, 2)).hook();
    expect(await vm.tool('check_command', { id: 'get_cpuid' })).toMatchObject({ ret: 0 });
    expect(await vm.refusal('POST', 'introspection/commands', { command: 'check_event', id: 'x' })).toEqual([
      404,
      'ENOENT',
    ]);
    expect(await vm.tool('get_guest_info')).toMatchObject({ vcpuCount: 2 });
    expect(await vm.tool('get_vcpu_info', { vcpu: 1 })).toMatchObject({ tscHz: '0x3b9aca00' });
    expect(await vm.tool('get_registers', { vcpu: 0, msrs: ['0xc0000080'] })).toMatchObject({
      mode: 8,
      registers: { cr3: '0x300000' },
      msrs: [{ index: 0xc0000080, value: '0xd00' }],
    });
    expect(await vm.tool('get_cpuid', { vcpu: 0, function: '0x40000000' })).toMatchObject({ ebx: 0x4b4d564b });
    expect(await vm.tool('write_physical', { gpa: '0x5000', data: 'aGk=' })).toMatchObject({ ret: 0 });
    expect(await vm.tool('read_physical', { gpa: '0x5000', size: 2 })).toMatchObject({ data: 'aGk=' });
    await vm.tool('set_page_access', {
      entries: [
        { gpa: '0x5000', access: ['r'] },
        { gpa: '0x6000', access: 5 },
      ],
    });
    expect(await vm.tool('get_page_access', { gpas: ['0x5000', '0x6000', '0x7000'] })).toMatchObject({
      access: [['r'], ['r', 'x'], ['r', 'w', 'x']],
    });
    for (const operands of [
      { command: 'control_cr', cr: 3 },
      { command: 'control_msr', msr: '0x174' },
    ])
      expect(await vm.done('POST', 'introspection/commands', { vcpu: 0, enable: 1, ...operands })).toMatchObject({
        ret: 0,
      });
    expect(await vm.tool('control_cleanup', { enable: 0 })).toMatchObject({ ret: 0 });
    const malformed = await vm.call('POST', 'introspection/commands', { command: 'read_physical', gpa: 0 });
    expect(malformed).toMatchObject({ status: 400, body: { errors: [{ field: 'size', message: 'is required' }] } });
    expect(await replayed(api, vm.id)).toEqual([]);
  });

  it('a page fault is told, and the access goes on as the reply says; the bytes of it stand beside the record', async () => {
    const vm = await (await start()).hook('pf');
    await vm.tool('set_page_access', { entries: [{ gpa: '0x5000', access: [] }] });
    expect(await vm.guest('store', { gva: '0x5123', data: ONE })).toMatchObject({ waiting: 1 });
    expect(await vm.events()).toMatchObject([{ event: 'pf', gva: '0x5123', gpa: '0x5123', access: ['w'], view: 0 }]);
    for (const [method, path, body] of [
      ['POST', 'vcpus/0/run', {}],
      ['POST', 'vcpus/0/guest', { instruction: 'hlt' }],
      ['POST', 'vcpus/0/hypercalls', { nr: 1 }],
      ['POST', 'vcpus/0/translate', { linearAddress: 0 }],
      ['PATCH', 'vcpus/0/registers', { rax: 1 }],
    ] as const)
      expect([path, await vm.refusal(method, path, body)]).toEqual([path, [409, 'EBUSY']]);
    expect(await vm.reply(1, 'retry')).toMatchObject({ channel: 'open', waiting: 2 });
    expect(await vm.bytes(0x5123, 1)).toEqual([0]);
    expect(await vm.reply(2, 0)).toMatchObject({ channel: 'open', resumed: { ret: 0 } });
    expect(await vm.bytes(0x5123, 1)).toEqual([1]);
    await vm.guest('load', { gva: '0x5123', size: 1 });
    const resumed = await vm.reply(3, 'continue');
    expect(resumed).toMatchObject({ resumed: { data: ONE } });
    const record = (await vm.journal()).find(({ position }) => position === resumed['position']);
    expect(record).not.toHaveProperty('outcome.resumed');
    expect(record).toMatchObject({ data: [{ role: 'outcome.resumed', form: 'json' }] });
    expect(await replayed(api, vm.id)).toEqual([]);
  });

  it('a tool waits for events, is woken by the first, and lets go in time', async () => {
    const vm = await (await start()).hook('breakpoint');
    expect(await vm.events('?wait=50')).toEqual([]);
    const woken = vm.events('?wait=30000');
    await new Promise((resolve) => setTimeout(resolve, 30));
    await vm.guest('int3');
    expect(await woken).toMatchObject([{ seq: 1 }]);
    expect(await vm.events('?wait=30000')).toMatchObject([{ seq: 1 }]);
    expect((await vm.call('GET', 'introspection/events?wait=30001')).status).toBe(400);
  });

  it('a tool that waits is let go when the VM is destroyed', async () => {
    const vm = await (await start()).hook('breakpoint');
    const waiting = vm.events('?wait=30000');
    await new Promise((resolve) => setTimeout(resolve, 30));
    await api.done('DELETE', `/v1/vms/${vm.id}`);
    expect(await waiting).toEqual([]);
    expect(await vm.events('?wait=30000')).toEqual([]);
  });

  it('what waits holds nobody up that stops', async () => {
    const other = await Api.start();
    await other.done('POST', '/v1/vms', { id: 'x', arch: 'x86_64' });
    const begun = once(other.app.nest.getHttpServer(), 'request');
    const waiting = other.done('GET', '/v1/vms/x/introspection/events?wait=30000');
    await begun;
    await other.close();
    expect(await waiting).toMatchObject({ items: [] });
  });

  it('control registers and MSRs, with the values of the reply', async () => {
    const vm = await (await start()).hook('cr', 'msr');
    await vm.tool('control_cr', { vcpu: 0, cr: 3, enable: 1 });
    await vm.tool('control_msr', { vcpu: 0, msr: '0x174', enable: 1 });
    await vm.guest('mov_to_cr', { cr: 3, value: '0x7000' });
    expect(await vm.events()).toMatchObject([{ event: 'cr', cr: 3, oldValue: '0x300000', newValue: '0x7000' }]);
    await vm.reply(1, 'continue', { newValue: '0x300000', event: 'cr' });
    expect(await vm.registers()).toMatchObject({ cr3: '0x300000' });
    await vm.guest('wrmsr', { msr: '0x174', value: 5 });
    await vm.reply(2, 'continue', { newValue: 9 });
    expect(await vm.guest('rdmsr', { msr: '0x174' })).toMatchObject({ value: '0x9' });
    await vm.guest('wrmsr', { msr: '0x174', value: 5 });
    expect(await vm.reply(3, 'retry')).toMatchObject({ channel: 'closed', resumed: { ret: 0 } });
    expect(await vm.guest('rdmsr', { msr: '0x174' })).toMatchObject({ value: '0x5' });
    expect(await replayed(api, vm.id)).toEqual([]);
  });

  it('pauses and injected exceptions are told by runs; crash stops the VM', async () => {
    const vm = await (await start()).hook();
    await vm.tool('pause_vcpu', { vcpu: 0, wait: 0 });
    await vm.tool('inject_exception', { vcpu: 0, vector: 14, errorCode: 2, address: '0x1234' });
    expect(await vm.run()).toMatchObject({ waiting: 1 });
    expect(await vm.events()).toMatchObject([{ event: 'trap', vector: 14, errorCode: 2, address: '0x1234' }]);
    expect(await vm.reply(1, 'continue')).toMatchObject({ waiting: 2 });
    expect(await vm.events()).toMatchObject([{ seq: 2, event: 'pause_vcpu' }]);
    const exit = { reason: 'shutdown', number: 8 };
    expect(await vm.reply(2, 'crash')).toMatchObject({ channel: 'open', exit });
    expect(await vm.run()).toMatchObject({ ret: 0, exit });
    expect(await vm.call('GET', '')).toMatchObject({ body: { state: { health: 'crashed', introspection: 'hooked' } } });
    expect(await replayed(api, vm.id)).toEqual([]);
  });

  it('the journal has the commitment to a token, and nothing of the token', async () => {
    const vm = await (await start()).hook();
    const { token } = await vm.tool('get_map_token');
    expect(Buffer.from(String(token), 'base64')).toHaveLength(32);
    const other = await vm.tool('get_map_token');
    expect(other['token']).not.toBe(token);
    expect(await channel(vm)).toMatchObject({ tokens: 2 });
    const text = JSON.stringify(await vm.journal());
    expect(text).toContain('map_token_issued');
    expect(text).not.toContain(String(token));
    expect(text).not.toContain(Buffer.from(String(token), 'base64').toString('hex'));
    expect(
      await vm.call('POST', 'introspection/commands', { command: 'get_map_token', token: 'ab'.repeat(32) }),
    ).toMatchObject({
      status: 400,
    });
  });
});
