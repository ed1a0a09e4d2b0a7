const bytes = (...values) => Buffer.from(values).toString('base64');

const vcpu = (type, more = {}, id = 0) => ({ type, vcpu: id, ...more });
const set = (group, attr, payload = {}) => ({ type: 'set_device_attr', group, attr, payload });
const slot = (number, guestPhysAddr, size) => ({
  type: 'set_user_memory_region',
  slot: number,
  guestPhysAddr,
  size,
  flags: ['log_dirty_pages'],
});
const guest = (instruction, more = {}) => vcpu('s390_guest', { instruction, ...more });
const registers = (changes, id = 0) => vcpu('set_registers', { registers: changes }, id);
const floating = (type, more = {}) => ({ type: 'inject_vm_irq', irq: { type, ...more } });
const local = (type, more = {}) => vcpu('inject_irq', { irq: { type, ...more } });
const keyop = (op, gaddr, key = 0) => ({ type: 's390_keyop', op, gaddr, key });
const memOp = (op, more = {}) => ({ type: 's390_mem_op', op, gaddr: 0, size: 8, ...more });
const pv = (name, more = {}) => ({ type: 's390_pv_command', command: name, ...more });
const load = (gpa, data) => ({ type: 'write_memory', extents: [{ gpa, size: Buffer.from(data, 'base64').length }], data });
const run = (id = 0) => vcpu('run_vcpu', {}, id);

const PSW = { mask: '0x0304000180000000', addr: '0x1000' };
const NEW_PSW = bytes(3, 4, 0, 1, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x20, 0);
const EIGHT = bytes(1, 2, 3, 4, 5, 6, 7, 8);

/** A UCONTROL VM, whose memory is where the VMM has none. */
const ucontrol = [
  { type: 'create_vm', arch: 's390x', vmType: 'ucontrol' },
  set('mem_ctrl', 'enable_cmma'),
  { type: 'create_vcpu', id: 0 },
  memOp('absolute_read'),
  memOp('absolute_read', { flags: ['check_only'] }),
  memOp('absolute_write', { data: EIGHT }),
  memOp('absolute_cmpxchg', { data: EIGHT, oldData: EIGHT }),
  memOp('absolute_read', { gaddr: '0xfffffffffff00000' }),
  memOp('logical_read', { vcpu: 0 }),
  registers({ psw: { mask: '0x0400000180000000', addr: 0 } }),
  memOp('logical_read', { vcpu: 0, flags: ['inject_exception'] }),
  memOp('logical_read', { vcpu: 0, gaddr: '0x80000000', flags: ['inject_exception'] }),
  vcpu('translate', { gaddr: 0 }),
  registers({ psw: { mask: '0x180000000', addr: 0 } }),
  vcpu('translate', { gaddr: '0x5000' }),
  keyop('sske', '0x300000', 0x38),
  { type: 's390_set_skeys', startGfn: 0x301, count: 1, data: bytes(0x40) },
  { type: 's390_set_cmma_bits', startGfn: 0x300, count: 1, mask: '0xffffffffffffffff', data: bytes(0x41) },
  { type: 's390_get_cmma_bits', startGfn: 0x300, count: 2, flags: ['peek'] },
  guest('iske', { gaddr: 0 }),
  guest('load', { gaddr: 0, size: 1 }),
  vcpu('ucas_map', { mapping: { userAddr: '0x300000', vcpuAddr: 0, length: '0x100000' } }),
  guest('iske', { gaddr: 0 }),
  guest('load', { gaddr: 0, size: 1 }),
  guest('pfmf', { gaddr: '0x1000', r1: 0x20070 }),
  memOp('logical_read', { vcpu: 0, flags: ['check_only', 'skey_protection'], key: 1 }),
  vcpu('ucas_unmap', { mapping: { userAddr: 1, vcpuAddr: 0, length: '0x100000' } }),
  floating('int_service'),
];

/** Interruptions of the whole VM, and state that machine checks and store status save. */
const interrupted = [
  { type: 'create_vm', arch: 's390x' },
  slot(0, 0, '0x400000'),
  { type: 'enable_cap', cap: 's390_vector_registers' },
  { type: 'enable_cap', cap: 's390_gs' },
  { type: 'create_vcpu', id: 0 },
  { type: 'create_vcpu', id: 1 },
  registers({ psw: PSW, prefix: '0x4000', crs: { 0: '0xffff', 6: '0xff000000', 14: '0xffffffff' } }),
  registers({ vrs: { 0: '0x00112233445566778899aabbccddeeff', 31: 9 }, fprs: { 1: 5 } }),
  registers({ gscb: { gsd: 1, gssm: 2, gsEpl: 3 }, riccb: 'ab'.repeat(64), bpbc: true, etoken: 7, etokenExtension: 8 }),
  load('0x51b0', bytes(0, 0, 0, 0, 0, 1, 0, 11)),
  ...['0x41b0', '0x41e0', '0x41f0'].map((at) => load(at, NEW_PSW)),
  floating('int_io', { parm: 0x10001, parm64: '0x1234567838000000' }),
  floating(0x04000000, { parm64: '0x10000000' }),
  floating('int_virtio', { parm: 1, parm64: 2 }),
  floating('pfault_done', { parm64: 3 }),
  floating('int_service', { parm: 0x2009 }),
  floating('mchk', { parm: 0x10000000, parm64: '0x0040004008000000' }),
  floating(0xfffe0000),
  { type: 'inject_vm_irq' },
  local('int_clock_comp'),
  run(1),
  run(),
  registers({ psw: PSW }),
  run(),
  vcpu('store_status', { addr: '0x8000' }),
  vcpu('reset_vcpu', { reset: 'initial' }),
  vcpu('reset_vcpu', { reset: 'clear' }),
];

/** Keys for many frames, and frames that are cleared. */
const frames = [
  { type: 'create_vm', arch: 's390x' },
  slot(0, 0, '0x300000'),
  { type: 'create_vcpu', id: 0 },
  registers({ psw: { mask: '0x180000000', addr: 0 } }),
  load('0x1ff000', bytes(1, 2, 3)),
  guest('sske', { gaddr: '0x5000', key: 0x36, m3: 6 }),
  guest('sske', { gaddr: '0x5000', key: 0x30, m3: 6 }),
  guest('sske', { gaddr: '0x1f0000', key: 0x50, m3: 7 }),
  guest('pfmf', { gaddr: '0x1fe000', r1: 0x31070 }),
  guest('pfmf', { gaddr: '0x2ff000', r1: 0x32070 }),
  guest('pfmf', { gaddr: '0x5000', r1: 1 }),
  { type: 's390_get_skeys', startGfn: 0x1ef, count: 18 },
  { type: 'get_dirty_log', slot: 0 },
];

/** A protected VM on a host that fails. */
const failing = [
  { type: 'create_vm', arch: 's390x' },
  slot(0, 0, '0x100000'),
  { type: 'create_vcpu', id: 0 },
  registers({ psw: PSW, crs: { 0: '0xffff' } }),
  pv('info', { id: 'vm', lenMax: 80, host: { unwritable: ['data'] } }),
  pv('enable', { host: { unwritable: ['command'] } }),
  vcpu('set_mp_state', { mpState: 'operating' }),
  floating('int_service', { parm: 0x2009 }),
  local('program_int', { code: 6 }),
  run(),
  run(),
  pv('dump', { subcmd: 'init' }),
  pv('dump', { subcmd: 'config_stor_state', gaddr: 0, buffLen: 4096, host: { unwritable: ['buffer'] } }),
  pv('dump', { subcmd: 'complete', buffLen: 2048, host: { unwritable: ['buffer'] } }),
  pv('async_cleanup_prepare'),
  pv('async_cleanup_perform', { host: { fatalSignal: true } }),
  run(),
];

/** A terabyte in migration mode. */
const terabyte = [
  { type: 'create_vm', arch: 's390x', semantics: 'kernel' },
  slot(0, 0, '0x10000000000'),
  set('mem_ctrl', 'enable_cmma'),
  { type: 's390_set_cmma_bits', startGfn: 5, count: 1, mask: '0xffffffffffffffff', data: bytes(1) },
  set('migration', 'start'),
  { type: 's390_get_cmma_bits', startGfn: 0x100, count: 1024 },
  { type: 's390_get_cmma_bits', startGfn: 0x1000, count: 300 },
  set('mem_ctrl', 'clr_cmma'),
  set('migration', 'stop'),
];

const of = (vm, commands) => commands.map((command) => ({ vm, ...command }));

export const story = [
  ...of('ucontrol', ucontrol),
  ...of('interrupted', interrupted),
  ...of('frames', frames),
  ...of('failing', failing),
  ...of('terabyte', terabyte),
];
