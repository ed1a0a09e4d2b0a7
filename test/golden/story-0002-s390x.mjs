const bytes = (...values) => Buffer.from(values).toString('base64');
const filled = (size, value) => Buffer.alloc(size, value).toString('base64');

const vcpu = (type, more = {}, id = 0) => ({ type, vcpu: id, ...more });
const set = (group, attr, payload = {}) => ({ type: 'set_device_attr', group, attr, payload });
const get = (group, attr) => ({ type: 'get_device_attr', group, attr });
const has = (group, attr) => ({ type: 'has_device_attr', group, attr });
const enable = (cap) => ({ type: 'enable_cap', cap });
const slot = (number, guestPhysAddr, size) => ({
  type: 'set_user_memory_region',
  slot: number,
  guestPhysAddr,
  size,
  flags: ['log_dirty_pages'],
});
const guest = (instruction, more = {}) => vcpu('s390_guest', { instruction, ...more });
const reset = (kind) => vcpu('reset_vcpu', { reset: kind });
const irq = (type, more = {}) => vcpu('inject_irq', { irq: { type, ...more } });
const skeys = (startGfn, count, data) => ({ type: 's390_set_skeys', startGfn, count, ...(data && { data }) });
const keyop = (op, gaddr, key = 0) => ({ type: 's390_keyop', op, gaddr, key });
const bits = (startGfn, count, flags = []) => ({ type: 's390_get_cmma_bits', startGfn, count, flags });
const values = (startGfn, data) => ({
  type: 's390_set_cmma_bits',
  startGfn,
  count: Buffer.from(data, 'base64').length,
  mask: '0xffffffffffffffff',
  data,
});
const pv = (name, more = {}) => ({ type: 's390_pv_command', command: name, ...more });
const memOp = (op, gaddr, size, more = {}) => ({ type: 's390_mem_op', op, gaddr, size, ...more });

const refuse = { ultravisor: { refuse: { rc: 0x102, rrc: 7 } } };

/** Attributes and capabilities before the first vCPU and after it. */
const attributes = [
  get('cpu_model', 'processor'),
  get('cpu_model', 'machine'),
  get('cpu_model', 'processor_subfunc'),
  set('cpu_model', 'processor', { cpuid: '0xff00000039318000', ibc: 4095, facList: [0, 1, 2, 8, 76, 78, 130, 139] }),
  set('cpu_model', 'processor_feat', { feat: [1023] }),
  set('cpu_model', 'processor_subfunc', { subfunc: { plo: 'ff'.repeat(32) } }),
  get('cpu_model', 'processor_subfunc'),
  set('cpu_model', 'machine', {}),
  enable('s390_cpu_topology'),
  enable('s390_hpage_1m'),
  enable(9999),
  get('cpu_topology', 0),
  set('crypto', 'enable_aes_kw'),
  set('crypto', 'disable_dea_kw'),
  set('crypto', 'enable_apie'),
  has('crypto', 'enable_apie'),
  set('tod', 'low', { value: '0xd000000000000000' }),
  get('tod', 'low'),
  set('tod', 'ext', { epochIdx: 1, tod: '0x1' }),
  get('tod', 'ext'),
  has('tod', 'ext'),
  { type: 'create_vcpu', id: 0 },
  { type: 'create_vcpu', id: 1 },
  set('cpu_model', 'processor', { cpuid: 0, ibc: 0, facList: [] }),
  enable('s390_gs'),
  get('cpu_topology', 0),
  set('cpu_topology', 0),
];

/** vCPUs: who controls them, what waits on them and is delivered, resets. */
const vcpus = [
  vcpu('set_registers', { registers: { psw: { mask: '0x100000180000000', addr: '0x1000' }, crs: { 0: '0xe0' } } }),
  irq('program_int', { code: 17, transExcCode: '0x5400' }),
  irq('int_emergency', { code: 1 }),
  irq('int_emergency', { code: 9 }),
  irq('int_external_call', { code: 1 }),
  vcpu('get_irq_state'),
  vcpu('run_vcpu'),
  vcpu('get_mp_state'),
  vcpu('set_initial_psw', { psw: { mask: '0x180000000', addr: '0x2000' } }),
  vcpu('set_mp_state', { mpState: 'stopped' }),
  vcpu('run_vcpu'),
  vcpu('set_mp_state', { mpState: 'operating' }),
  vcpu('set_mp_state', { mpState: 9 }),
  vcpu('run_vcpu', { immediateExit: true }),
  vcpu('get_one_reg', { id: '0x5030000000000003' }),
  vcpu('set_one_reg', { id: '0x5030000000000009', value: '0x77' }),
  vcpu('set_one_reg', { id: '0x5030000000000063', value: '0x77' }),
  vcpu('store_status', { addr: '0xffffffffffffffff' }),
  vcpu('pre_fault_memory', { gpa: '0x0', size: '0x400000' }),
  vcpu('vcpu_fault', { addr: '0x900000' }),
  reset('normal'),
  reset('initial'),
  reset('clear'),
];

/** Storage keys, page states, migration. */
const marks = [
  { type: 's390_get_skeys', startGfn: 0, count: 4 },
  keyop('sske', '0x3000', 0x58),
  keyop('rrbe', '0x3000'),
  skeys(0, 4, bytes(0x10, 0x28, 0x30, 0x46)),
  skeys(1, 2, bytes(0x10, 0x11)),
  skeys(510, 4, filled(4, 0x20)),
  { type: 's390_get_skeys', startGfn: 0, count: 8 },
  vcpu('set_registers', { registers: { psw: { mask: '0x180000000', addr: '0x0' } } }),
  guest('sske', { gaddr: '0x5000', key: 0x90 }),
  guest('iske', { gaddr: '0x5000' }),
  guest('rrbe', { gaddr: '0x5000' }),
  guest('tprot', { gaddr: '0x5000', key: 3 }),
  guest('spx', { prefix: '0x4000' }),
  guest('store', { gaddr: '0x6000', data: filled(16, 5) }),
  guest('load', { gaddr: '0x6000', size: 16 }),
  guest('essa', { gaddr: '0x7000', orc: 2 }),
  guest('essa', { gaddr: '0x7000', orc: 0 }),
  values(16, bytes(1, 2, 3, 0)),
  bits(0, 8, ['peek']),
  bits(0, 8),
  set('migration', 'start'),
  bits(0, 64),
  guest('essa', { gaddr: '0x9000', orc: 3 }),
  bits(600, 64),
  bits(0, 0),
  { type: 'get_dirty_log', slot: 0 },
  set('mem_ctrl', 'clr_cmma'),
  set('migration', 'stop'),
];

/** A protected life: boot, dump, teardown in both ways, and what is refused meanwhile. */
const protectedLife = [
  pv('disable'),
  pv('enable', refuse),
  pv('enable'),
  pv('set_sec_parms', { origin: '0x1000', length: '0x100' }),
  pv('unpack', { addr: '0x10000', size: '0x3000', tweak: '0x1' }),
  pv('verify', refuse),
  pv('verify'),
  pv('info', { id: 'vm', lenMax: 80 }),
  memOp('absolute_read', '0x0', 8),
  memOp('sida_write', '0x0', 8, { vcpu: 0, sidaOffset: 16, data: filled(8, 9) }),
  memOp('sida_read', '0x0', 8, { vcpu: 0, sidaOffset: 16 }),
  memOp('logical_read', '0x0', 8, { vcpu: 0 }),
  slot(1, '0x800000', '0x100000'),
  set('tod', 'low', { value: 1 }),
  vcpu('set_mp_state', { mpState: 'load' }),
  pv('dump', { subcmd: 'init' }),
  vcpu('run_vcpu'),
  vcpu('s390_pv_cpu_command', { command: 'dump', subcmd: 'cpu', buffLen: 4096 }),
  pv('dump', { subcmd: 'complete', buffLen: 4096 }),
  pv('async_cleanup_prepare'),
  pv('enable'),
  pv('async_cleanup_prepare'),
  pv('async_cleanup_perform'),
  pv('disable'),
  pv(99),
];

const life = [
  set('mem_ctrl', 'enable_cmma'),
  slot(0, '0x0', '0x200000'),
  ...attributes,
  ...vcpus,
  ...marks,
  ...protectedLife,
];

/** The s390x machine, whole, under both semantics. */
export const story = [
  { vm: 'documented', type: 'create_vm', arch: 's390x' },
  ...life.map((input) => ({ vm: 'documented', ...input })),
  { vm: 'kernel', type: 'create_vm', arch: 's390x', semantics: 'kernel', host: { apInstructions: true } },
  ...life.map((input) => ({ vm: 'kernel', ...input })),
  { vm: 'ucontrol', type: 'create_vm', arch: 's390x', vmType: 'ucontrol' },
  { vm: 'ucontrol', type: 'create_vcpu', id: 254 },
  { vm: 'ucontrol', ...vcpu('vcpu_fault', { addr: '0x100000' }, 254) },
  {
    vm: 'ucontrol',
    ...vcpu('ucas_map', { mapping: { userAddr: '0x100000', vcpuAddr: '0x0', length: '0x100000' } }, 254),
  },
  { vm: 'ucontrol', ...vcpu('vcpu_fault', { addr: '0x0' }, 254) },
  { vm: 'ucontrol', ...skeys(0, 1, bytes(0)) },
];
