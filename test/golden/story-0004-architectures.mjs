import { createHash } from 'node:crypto';

const base64 = (bytes) => Buffer.from(bytes).toString('base64');
const words = (...values) => {
  const bytes = Buffer.alloc(8 * values.length);
  values.forEach((value, i) => bytes.writeBigUInt64LE(BigInt(value), 8 * i));
  return base64(bytes);
};
const load = (gpa, data) => ({ type: 'write_memory', extents: [{ gpa, size: Buffer.from(data, 'base64').length }], data });
const slot = (number, guestPhysAddr, size, ...flags) => ({
  type: 'set_user_memory_region',
  slot: number,
  guestPhysAddr,
  size,
  flags,
});
const vcpu = (type, more = {}, id = 0) => ({ type, vcpu: id, ...more });
const on = (vm, commands) => commands.map((command) => ({ vm, ...command }));

/** Four-level tables from 0x1000 on: two pages, one of them of 2 MiB. */
const TABLES = [
  load(0x1008, words(0x2007)),
  load(0x2008, words(0x3007)),
  load(0x3008, words('0x4007', '0x200087')),
  load(0x4008, words('0x5007', '0x6005', '0x8000000000007003')),
];
const LONG_MODE = { cr0: '0x80010001', cr4: '0x20', cr3: '0x1000', efer: '0xd00', cs: { l: 1 } };
const VA = '0x8040201abc';
const translate2 = (linearAddress, flags, access, explain = false) =>
  vcpu('translate2', { linearAddress, flags, access, explain });

const x86 = (semantics) => [
  { type: 'create_vm', arch: 'x86_64', semantics, host: { maxPhysAddrBits: 40 } },
  slot(0, 0, '0x400000', 'log_dirty_pages'),
  slot(1, '0x80000000', '0x4000', 'readonly'),
  slot(1, '0x80000000', '0x4000'),
  { type: 'create_vcpu', id: 0 },
  ...TABLES,
  vcpu('translate_legacy', { linearAddress: '0x1234' }),
  vcpu('set_x86_registers', { registers: { cr0: '0x80000000' } }),
  vcpu('set_x86_registers', { registers: LONG_MODE }),
  translate2(VA, [], []),
  translate2(VA, ['set_accessed', 'set_dirty'], ['write'], true),
  translate2(VA, ['set_dirty'], ['write']),
  translate2('0x8040202000', ['set_accessed', 'force_set_accessed'], ['write']),
  translate2('0x8040203000', [], ['exec']),
  translate2('0x8040204000', 5, 0),
  translate2('0x8040400123', ['set_accessed'], ['user']),
  translate2('0x800000000000', 5, 0),
  vcpu('translate2_batch', {
    ops: [
      { linearAddress: VA, flags: 1 },
      { linearAddress: VA, flags: 8 },
      { linearAddress: '0x8040202fff', access: ['user'] },
    ],
  }),
  vcpu('translate_legacy', { linearAddress: VA }),
  vcpu('read_mappings', { from: 0, to: '0x10000000000' }),
  { type: 'get_dirty_log', slot: 0 },
  { type: 'clear_dirty_log', slot: 0, firstPage: 0, numPages: 64, bitmap: base64(new Uint8Array(8).fill(255)) },
  vcpu('x86_guest', { instruction: 'store', gva: '0x8040201000', data: base64([1, 2, 3]) }),
  vcpu('x86_guest', { instruction: 'store', gva: '0x8040202000', data: base64([1]) }),
  vcpu('x86_guest', { instruction: 'load', gva: '0x8040201000', size: 4 }),
  vcpu('x86_guest', { instruction: 'fetch', gva: '0x8040203000' }),
  vcpu('x86_guest', { instruction: 'wrmsr', msr: '0x174', value: 1 }),
  vcpu('x86_guest', { instruction: 'rdmsr', msr: '0x174' }),
  vcpu('x86_guest', { instruction: 'mov_to_cr', cr: 3, value: '0x1000' }),
  vcpu('x86_hypercall', { nr: 1 }),
  vcpu('x86_hypercall', { nr: 9999 }),
  vcpu('x86_hypercall', { nr: 9999, cpl: 3 }),
  vcpu('x86_hypercall', { nr: 9999, mode: 32 }),
  vcpu('x86_hypercall', { nr: 9, args: ['0x5000', 0] }),
  vcpu('x86_hypercall', { nr: 9, args: ['0x5000', 1] }),
  vcpu('x86_hypercall', { nr: 10, args: [1, 0, 0, '0xf1'] }),
  vcpu('x86_hypercall', { nr: 12, args: ['0x1000', 2, '0x10'] }),
  { type: 'enable_cap', cap: 'exit_hypercall', args: ['0x1000'] },
  vcpu('x86_hypercall', { nr: 12, args: ['0x1000', 2, '0x10'] }),
  vcpu('run_vcpu', { hypercall: { ret: 0 } }),
  vcpu('x86_hypercall', { nr: 34, registers: { rdi: 24, rsi: 0 } }),
  vcpu('s390_mem_op', { op: 'logical_read', gaddr: 0, size: 1 }),
];

const tool = (command, more = {}) => ({ type: 'introspection_command', command, ...more });
const TOKEN = Buffer.alloc(32, 7);
const commitment = createHash('sha256').update(TOKEN).digest('hex');
const guestVm = [
  { type: 'create_vm', arch: 'x86_64' },
  slot(0, 0, '0x100000'),
  { type: 'create_vcpu', id: 0 },
  vcpu('set_x86_registers', { registers: { cr0: '0x11', cs: { db: 1 } } }),
];
const hypercall = (nr, ...args) => vcpu('x86_hypercall', { nr, args });
const store = (gva, ...bytes) => vcpu('x86_guest', { instruction: 'store', gva, data: base64(bytes) });

const introspection = [
  ...on('target', guestVm),
  ...on('tool', guestVm),
  ...on('target', [
    tool('get_version'),
    { type: 'introspection_hook', fd: -1 },
    { type: 'introspection_hook', uuid: '6f1b2d3c-0000-4000-8000-000000000001' },
    { type: 'introspection_hook' },
    tool('get_version'),
    tool('get_guest_info'),
    { type: 'introspection_allow', command: 'all', allow: 1 },
    { type: 'introspection_allow', event: 'all', allow: 1 },
    tool('get_registers', { vcpu: 0, msrs: ['0x174'] }),
    tool('get_cpuid', { vcpu: 0, function: 0 }),
    tool('control_events', { vcpu: 0, event: 'hypercall', enable: 1 }),
    tool('control_events', { vcpu: 0, event: 'pf', enable: 1 }),
    tool('control_events', { vcpu: 0, event: 'cr', enable: 1 }),
    tool('control_cr', { vcpu: 0, cr: 3, enable: 1 }),
    tool('set_page_access', { entries: [{ gpa: '0x5000', access: ['r'] }] }),
    tool('get_page_access', { gpas: ['0x5000', '0x6000'] }),
    store('0x5000', 1, 2),
    vcpu('run_vcpu'),
    { type: 'introspection_reply', seq: 1, action: 'continue' },
    vcpu('x86_guest', { instruction: 'mov_to_cr', cr: 3, value: '0x3000' }),
    { type: 'introspection_reply', seq: 2, action: 'continue', newValue: '0x4000' },
    hypercall(34, 24, 0),
    tool('set_registers', { vcpu: 0, registers: { rdx: 5 } }),
    { type: 'introspection_reply', seq: 3, action: 'continue' },
    tool('pause_vcpu', { vcpu: 0, wait: 0 }),
    vcpu('run_vcpu'),
    { type: 'introspection_reply', seq: 4, action: 'continue' },
    tool('inject_exception', { vcpu: 0, vector: 14, errorCode: 2, address: '0x1234' }),
    tool('write_physical', { gpa: '0x5ffe', data: base64([8, 9]) }),
    tool('read_physical', { gpa: '0x5ffe', size: 2 }),
    tool('read_physical', { gpa: '0x5ffe', size: 3 }),
  ]),
  ...on('tool', [load(0x1000, base64(TOKEN))]),
  ...on('target', [tool('get_map_token', { token: commitment })]),
  ...on('tool', [
    hypercall(32, '0x1000', '0x5000', '0x9000'),
    hypercall(32, '0x1000', '0x5000', '0xa000'),
    store('0x9000', 7, 7),
    { type: 'read_memory', gpa: '0x9000', size: 4 },
  ]),
  ...on('target', [{ type: 'read_memory', gpa: '0x5000', size: 4 }, load(0x5002, base64([6]))]),
  ...on('tool', [{ type: 'read_memory', gpa: '0x9000', size: 4 }, hypercall(33, '0x9000'), hypercall(33, '0x9000')]),
  ...on('target', [tool('get_map_token', { token: commitment })]),
  ...on('tool', [hypercall(32, '0x1000', '0x200000', '0x9000')]),
  ...on('target', [tool('get_map_token', { token: commitment })]),
  ...on('tool', [hypercall(32, '0x1000', '0x6000', '0x9000')]),
  ...on('target', [{ type: 'introspection_unhook' }, { type: 'destroy_vm' }]),
  ...on('tool', [{ type: 'read_memory', gpa: '0x9000', size: 2 }, hypercall(33, '0x9000')]),
];

const smccc = (functionId, args = [], more = {}) => vcpu('smccc', { conduit: 'hvc', functionId, args, ...more });
const filter = (base, nrFunctions, action) => ({
  type: 'set_device_attr',
  group: 'smccc_ctrl',
  attr: 'smccc_filter',
  payload: { base, nrFunctions, action },
});

const aarch64 = (semantics) => [
  { type: 'create_vm', arch: 'aarch64', semantics },
  slot(0, 0, '0x100000'),
  { type: 'has_device_attr', group: 'smccc_ctrl', attr: 'smccc_filter' },
  { type: 'get_device_attr', group: 'smccc_ctrl', attr: 'smccc_filter' },
  filter('0x84000000', 1, 3),
  filter(0, 0, 'deny'),
  filter('0x80000000', 1, 'deny'),
  filter('0xc3000000', '0x100', 'fwd_to_user'),
  filter('0xc3000000', 1, 'handle'),
  filter('0x85000000', '0x10000', 'deny'),
  { type: 'create_vcpu', id: 0 },
  { type: 'create_vcpu', id: 1 },
  vcpu('set_aarch64_registers', { registers: { pc: '0x8000', firmware: { vendorHyp: 1 } } }),
  vcpu('set_aarch64_registers', { registers: { firmware: { std: 2 } } }),
  vcpu('set_mp_state', { mpState: 'stopped' }, 1),
  vcpu('run_vcpu'),
  filter('0x86000000', 1, 'deny'),
  smccc('0x80000000'),
  smccc('0x80000001', ['0x80008000']),
  smccc('0x84000000'),
  smccc('0x84000003', [1, '0x9000', '0x77']),
  smccc('0xc4000004', [1, 0]),
  smccc('0xc3000042'),
  vcpu('set_aarch64_registers', { registers: { x0: 5 } }),
  vcpu('run_vcpu'),
  smccc('0x85000001'),
  smccc('0x8600ff01'),
  smccc('0x86000001', [0]),
  smccc('0xc4000053', [128]),
  smccc('0x84000000', [], { conduit: 'smc', immediate: 1 }),
  smccc('0x84000008'),
  { type: 'get_dirty_log', slot: 0 },
];

/** VMs of the other two architectures, with both semantics; and pages that two VMs share, to the end of one of them. */
export const story = [
  ...on('x86', x86('documented')),
  ...on('x86-by-code', x86('kernel')),
  ...introspection,
  ...on('arm', aarch64('documented')),
  ...on('arm-by-code', aarch64('kernel')),
];
