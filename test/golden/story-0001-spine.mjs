const base64 = (hex) => Buffer.from(hex, 'hex').toString('base64');
const text = (value) => Buffer.from(value).toString('base64');
const entries = (...values) => base64(values.map((value) => value.toString(16).padStart(16, '0')).join(''));

const memOp = (op, gaddr, size, more = {}) => ({ type: 's390_mem_op', op, gaddr, size, ...more });
const attribute = (verb, group, attr, payload) => ({ type: `${verb}_device_attr`, group, attr, ...(payload && { payload }) });
const load = (gpa, data) => ({ type: 'write_memory', extents: [{ gpa, size: Buffer.from(data, 'base64').length }], data });
const slot = (number, guestPhysAddr, size, flags = []) => ({ type: 'set_user_memory_region', slot: number, guestPhysAddr, size, flags });
const registers = (changes) => ({ type: 'set_registers', vcpu: 0, registers: changes });
const translate = (gaddr, more = {}) => ({ type: 'translate', vcpu: 0, gaddr, ...more });

const DAT = { psw: { mask: '0x400000180000000', addr: '0x0' }, crs: { 1: '0x18000f' } };

/** What one VM lives through: its creation, every kind of command, what is refused, and what raises an exception. */
const life = [
  slot(0, '0x0', '0x200000', ['log_dirty_pages']),
  slot(1, '0x100000', '0x100000'),
  slot(1, '0x80000000', '0x1000'),
  slot(2, '0x900000', '0x1000', ['readonly']),
  attribute('get', 'mem_ctrl', 'limit_size'),
  attribute('set', 'mem_ctrl', 'limit_size', { value: '0x80001000' }),
  attribute('get', 'mem_ctrl', 'limit_size'),
  attribute('set', 'mem_ctrl', 'limit_size', { value: '0xffffffffffffffff' }),
  attribute('set', 'mem_ctrl', 'enable_cmma', {}),
  attribute('set', 'mem_ctrl', 'clr_cmma', {}),
  attribute('set', 'migration', 'start', {}),
  slot(1, '0x80000000', '0x1000', ['log_dirty_pages']),
  attribute('set', 'migration', 'start', {}),
  attribute('get', 'migration', 'status'),
  { type: 'create_vcpu', id: 0 },
  { type: 'create_vcpu', id: 0 },
  { type: 'create_vcpu', id: 255 },
  attribute('set', 'mem_ctrl', 'enable_cmma', {}),
  attribute('has', 'migration', 'stop'),
  attribute('has', 7, 1),
  load('0x180000', entries(0x18400fn)),
  load('0x184000', entries(0x18800bn)),
  load('0x188000', entries(0x18c007n)),
  load('0x18c000', entries(0x190000n, 0x20n)),
  load('0x190000', entries(0x0n, 0x1000n, 0x400n, 0x5000n, 0x1200n, 0x800n, 0x7ffff000n)),
  load('0x300000', entries(0n)),
  registers(DAT),
  memOp('logical_write', '0xff8', 16, { vcpu: 0, data: text('sixteen bytes ok') }),
  memOp('logical_read', '0xff8', 16, { vcpu: 0 }),
  memOp('logical_read', '0x2000', 8, { vcpu: 0, flags: ['inject_exception'] }),
  memOp('logical_write', '0x4000', 8, { vcpu: 0, data: text('8 bytes!'), flags: ['inject_exception'] }),
  memOp('logical_read', '0x5000', 8, { vcpu: 0 }),
  memOp('logical_read', '0x6000', 8, { vcpu: 0 }),
  memOp('logical_read', '0x100000', 8, { vcpu: 0 }),
  memOp('logical_write', '0x3000', 8, { vcpu: 0, data: text('8 bytes!'), flags: ['skey_protection'], key: 5 }),
  memOp('logical_read', '0x0', 8, { vcpu: 0, ar: 16 }),
  memOp('sida_read', '0x0', 8, { vcpu: 0 }),
  memOp('absolute_write', '0x1ffffc', 8, { data: text('partial!') }),
  memOp('absolute_read', '0x1ffff8', 8),
  memOp('absolute_read', '0x0', 65537),
  memOp('absolute_cmpxchg', '0x80000000', 8, { data: text('new data'), oldData: entries(0n) }),
  memOp('absolute_cmpxchg', '0x80000000', 8, { data: text('newer, 8'), oldData: entries(0n) }),
  memOp('absolute_cmpxchg', '0x80000000', 3, { data: text('abc'), oldData: text('abc') }),
  memOp('absolute_write', '0x0', 8, { flags: ['check_only', 'skey_protection'], key: 7 }),
  memOp(9, '0x0', 8),
  {
    type: 's390_mem_op_batch',
    ops: [
      { op: 'absolute_write', gaddr: '0x8000', size: 4, data: text('four') },
      { op: 'absolute_read', gaddr: '0x8000', size: 4 },
      { op: 'absolute_read', gaddr: '0x8000', size: 0 },
      { op: 'absolute_read', gaddr: '0x900000', size: 4 },
    ],
  },
  translate('0x1234', { explain: true }),
  translate('0x2000', { explain: true }),
  translate('0x4000', { access: ['write'] }),
  { type: 'translate_batch', vcpu: 0, ops: [{ gaddr: '0x0' }, { gaddr: '0x3123', access: ['exec'] }] },
  { type: 'get_dirty_log', slot: 0 },
  { type: 'get_dirty_log', slot: 0 },
  { type: 'get_dirty_log', slot: 9 },
  { type: 'clear_dirty_log', slot: 0 },
  { type: 'read_memory', gpa: '0x1000', size: 4096 },
  { type: 'read_memory', gpa: '0x1000', size: 16, asOf: 20 },
  slot(1, '0x80001000', '0x1000', []),
  attribute('get', 'migration', 'status'),
  slot(1, '0x0', '0x0'),
  registers({ prefix: '0x4321', gprs: { 3: '0xffffffffffffffff' }, acrs: { 1: '0x1000002' } }),
];

/** The same life under both semantics, and a UCONTROL VM that ends. */
export const story = [
  { vm: 'documented', type: 'create_vm', arch: 's390x', name: 'golden', labels: { purpose: 'golden' } },
  ...life.map((input) => ({ vm: 'documented', ...input })),
  { vm: 'kernel', type: 'create_vm', arch: 's390x', semantics: 'kernel', host: { maxGuestMemory: '0xffffffffffffffff', freeMemory: '0x10000' } },
  ...life.map((input) => ({ vm: 'kernel', ...input })),
  { vm: 'ucontrol', type: 'create_vm', arch: 's390x', vmType: 'ucontrol' },
  { vm: 'ucontrol', type: 'create_vm', arch: 's390x' },
  { vm: 'ucontrol', ...slot(0, '0x0', '0x100000') },
  { vm: 'ucontrol', ...attribute('set', 'mem_ctrl', 'limit_size', { value: '0x100000' }) },
  { vm: 'ucontrol', type: 'destroy_vm' },
  { vm: 'ucontrol', type: 'create_vcpu', id: 0 },
];
