import { Api, type Body, base64 } from './support/api.js';

const MEMOP = { op: 'absolute_read', gaddr: 0x1000, size: 8 };
const STORED = { instruction: 'store', gva: '0x5123', data: 'AQ==' };
const LOADED = { instruction: 'load', gva: '0x5123', size: 1 };
const ENTRIES = [0x2007, 0x3007, 0x87];

/** Page tables that map the first 2 MiB to themselves, at 0x1000. */
const TABLES = ENTRIES.map((entry, i) => {
  const data = Buffer.alloc(8);
  data.writeBigUInt64LE(BigInt(entry));
  return { gpa: 0x1000 * (i + 1), data: base64(data) };
});

const LONG_MODE = { cr0: '0x80010001', cr3: '0x1000', cr4: '0x20', efer: '0xd00', cs: { l: 1 } };

describe('what was answered, once memory is erased', () => {
  let api: Api;
  beforeEach(async () => {
    api = await Api.start();
    await api.machine('s');
    await api.done('PUT', '/v1/vms/s/memory', { gpa: 0x1000, data: base64('contents') });
    await api.done('POST', '/v1/vms', { id: 'x', arch: 'x86_64' });
    await api.done('PUT', '/v1/vms/x/memslots/0', { guestPhysAddr: 0, size: '0x200000' });
    await api.done('PUT', '/v1/vms/x/memory', { writes: TABLES });
    await api.done('POST', '/v1/vms/x/vcpus', { id: 0 });
    await api.done('PATCH', '/v1/vms/x/vcpus/0/registers', LONG_MODE);
    await api.done('POST', '/v1/vms/x/introspection/hook', {});
    await api.done('POST', '/v1/vms/x/introspection/allow', { command: 'all', allow: 1 });
    await api.done('POST', '/v1/vms/x/introspection/allow', { event: 'all', allow: 1 });
  });
  afterEach(() => api.close());

  const erase = (vm: string): Promise<Body> => api.done('POST', '/v1/audit/erasures', { vm, reason: 'asked to' });

  /** A load of the guest's that its tool holds. */
  async function hold(): Promise<void> {
    const tool = (command: string, operands: object) =>
      api.done('POST', '/v1/vms/x/introspection/commands', { command, ...operands });
    await api.done('POST', '/v1/vms/x/vcpus/0/guest', STORED);
    await tool('control_events', { vcpu: 0, event: 'pf', enable: 1 });
    await tool('set_page_access', { entries: [{ gpa: '0x5000', access: [] }] });
    expect(await api.done('POST', '/v1/vms/x/vcpus/0/guest', LOADED)).toMatchObject({ waiting: 1 });
  }

  it.each<[operation: string, vm: string, path: string, body: object]>([
    ['vmMemOp', 's', 'memop', MEMOP],
    ['vmMemOpBatch', 's', 'memop/batch', { ops: [MEMOP] }],
    ['vcpuMemOp', 's', 'vcpus/0/memop', { ...MEMOP, op: 'logical_read' }],
    ['vcpuMemOpBatch', 's', 'vcpus/0/memop/batch', { ops: [{ ...MEMOP, op: 'logical_read' }] }],
    ['executeGuestInstruction', 's', 'vcpus/0/guest', { instruction: 'load', gaddr: 0x1000, size: 8 }],
    ['translate', 'x', 'vcpus/0/translate?explain=true', { linearAddress: '0x5123', flags: 0, access: 0 }],
    [
      'translateBatch',
      'x',
      'vcpus/0/translate/batch?explain=true',
      { ops: [{ linearAddress: '0x5123', flags: 0, access: 0 }] },
    ],
    ['command', 'x', 'introspection/commands', { command: 'read_physical', gpa: '0x1000', size: 8 }],
    ['reply', 'x', 'introspection/events/1/reply', { action: 'continue' }],
    ['unhook', 'x', 'introspection/unhook', {}],
  ])('%s under an Idempotency-Key is 410, and is not done again', async (operation, vm, path, body) => {
    if (['reply', 'unhook'].includes(operation)) await hold();
    const ask = () => api.call('POST', `/v1/vms/${vm}/${path}`, body, { 'idempotency-key': 'k' });
    expect((await ask()).status).toBe(200);
    const { position } = await erase(vm);
    const again = await ask();
    expect([again.status, again.body['type'], again.body['erasure']]).toEqual([
      410,
      'urn:vmledger:problem:erased',
      position,
    ]);
    expect(await api.head()).toBe(position);
  });

  it.each<[operation: string, method: string, path: string, body: object | undefined]>([
    ['readMemory', 'GET', 'memory?gpa=0x1000&size=8&', undefined],
    ['readMappings', 'GET', 'vcpus/0/mappings?', undefined],
    ['translate', 'POST', 'vcpus/0/translate?', { linearAddress: '0x5123', flags: 0, access: 0 }],
    ['translateBatch', 'POST', 'vcpus/0/translate/batch?', { ops: [{ linearAddress: '0x5123', flags: 0, access: 0 }] }],
  ])('%s of the past is 410, and nothing is recorded', async (_, method, path, body) => {
    const version = Number((await api.done('GET', '/v1/vms/x'))['version']);
    const ask = () => api.call(method, `/v1/vms/x/${path}version=${version}`, body);
    expect((await ask()).status).toBe(200);
    const { position } = await erase('x');
    const again = await ask();
    expect([again.status, again.body['erasure']]).toEqual([410, position]);
    expect(await api.head()).toBe(position);
  });

  it('diffVersions says so where what vCPUs hold is erased', async () => {
    await api.done('POST', '/v1/vms/s/pv', { command: 'enable' });
    const sida = { op: 'sida_write', sidaOffset: 0, size: 4 };
    const write = (text: string) => api.done('POST', '/v1/vms/s/vcpus/0/memop', { ...sida, data: base64(text) });
    const [from, to] = [await write('one!'), await write('two!')].map(({ version }) => String(version));
    const diff = async () => (await api.done('GET', `/v1/vms/s/diff?from=${from}&to=${to}`))['items'];
    const changed = { what: 'vcpu', path: '/0/sida', from: '4096 bytes', to: '4096 bytes' };
    expect(await diff()).toEqual([changed]);
    const { position } = await erase('s');
    expect(await diff()).toEqual([{ ...changed, erased: position }]);
  });
});
