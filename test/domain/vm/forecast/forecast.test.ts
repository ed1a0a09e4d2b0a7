import type { Errno } from '../../../../src/domain/errno.js';
import { command } from '../../../../src/domain/vm/command.js';
import { decide } from '../../../../src/domain/vm/decide.js';
import { type ForecastKey, forecast } from '../../../../src/domain/vm/forecast/forecast.js';
import { fork, type S390xVm } from '../../../../src/domain/vm/state.js';
import { ordinaryAttributes } from '../../support/attribute-commands.js';
import { MIB, Machine } from '../../support/machine.js';
import { ordinaryVcpuCommands } from '../../support/vcpu-commands.js';

const set = (group: string, attr: string, payload: object = {}) => ({ type: 'set_device_attr', group, attr, payload });
const pv = (name: string, fields: object = {}) => ({ type: 's390_pv_command', command: name, ...fields });
const hex = (value: bigint): string => `0x${value.toString(16)}`;

const firstFree = (has: (id: number) => boolean): number => {
  let id = 0;
  while (has(id)) id++;
  return id;
};

/** Checked only, so that it takes no bounce buffer. */
const access = { op: 'logical_read', gaddr: 0, size: 8, flags: ['check_only'] };
const firstVcpu = ({ vcpus }: S390xVm) => [...vcpus.keys()][0] ?? 0;
const firstGfn = ({ memory }: S390xVm) => memory.slots[0]?.firstFrame ?? 0;
const firstGpa = ({ memory }: S390xVm) => hex(BigInt(memory.slots[0]?.firstFrame ?? 0) << 12n);

/** A well-formed, ordinary command for each that is forecast. */
const ordinary: { readonly [Key in ForecastKey]: (vm: S390xVm) => object } = {
  destroy_vm: () => ({ type: 'destroy_vm' }),
  set_user_memory_region: ({ memory }) => ({
    type: 'set_user_memory_region',
    slot: firstFree((id) => memory.slots.some(({ slot }) => slot === id)),
    guestPhysAddr: '0x10000000',
    size: '0x1000',
    flags: ['log_dirty_pages'],
  }),
  get_dirty_log: ({ memory }) => ({
    type: 'get_dirty_log',
    slot: memory.slots.find(({ flags }) => flags.length > 0)?.slot ?? 0,
  }),
  clear_dirty_log: () => ({ type: 'clear_dirty_log', slot: 0 }),
  write_memory: (vm) => ({ type: 'write_memory', extents: [{ gpa: firstGpa(vm), size: 1 }], data: 'AA==' }),
  read_memory: (vm) => ({ type: 'read_memory', gpa: firstGpa(vm), size: 1 }),
  create_vcpu: ({ vcpus }) => ({ type: 'create_vcpu', id: firstFree((id) => vcpus.has(id)) }),
  set_registers: (vm) => ({ type: 'set_registers', vcpu: firstVcpu(vm), registers: { prefix: 0 } }),
  s390_mem_op: () => ({ type: 's390_mem_op', ...access, op: 'absolute_read' }),
  s390_mem_op_batch: () => ({ type: 's390_mem_op_batch', ops: [{ op: 'absolute_read', size: 8 }] }),
  ...ordinaryVcpuCommands,
  'vcpu/s390_mem_op': (vm) => ({ type: 's390_mem_op', vcpu: firstVcpu(vm), ...access }),
  'vcpu/s390_mem_op/sida': (vm) => ({ type: 's390_mem_op', vcpu: firstVcpu(vm), op: 'sida_read', size: 8 }),
  'vcpu/s390_mem_op_batch': (vm) => ({ type: 's390_mem_op_batch', vcpu: firstVcpu(vm), ops: [access] }),
  translate: (vm) => ({ type: 'translate', vcpu: firstVcpu(vm), gaddr: 0 }),
  translate_batch: (vm) => ({ type: 'translate_batch', vcpu: firstVcpu(vm), ops: [{ gaddr: 0 }] }),
  'mem_ctrl/enable_cmma': () => set('mem_ctrl', 'enable_cmma'),
  'mem_ctrl/clr_cmma': () => set('mem_ctrl', 'clr_cmma'),
  'mem_ctrl/limit_size': () => set('mem_ctrl', 'limit_size', { value: hex(1n << 46n) }),
  'migration/start': () => set('migration', 'start'),
  'migration/stop': () => set('migration', 'stop'),
  'pv/enable': () => pv('enable'),
  'pv/disable': () => pv('disable'),
  'pv/set_sec_parms': () => pv('set_sec_parms', { origin: 0, length: 0 }),
  'pv/unpack': (vm) => pv('unpack', { addr: firstGpa(vm), size: 4096, tweak: 0 }),
  'pv/verify': () => pv('verify'),
  'pv/prep_reset': () => pv('prep_reset'),
  'pv/unshare_all': () => pv('unshare_all'),
  'pv/info': () => pv('info', { id: 0, lenMax: 80 }),
  'pv/dump/init': () => pv('dump', { subcmd: 'init' }),
  'pv/dump/config_stor_state': () => pv('dump', { subcmd: 'config_stor_state', buffLen: 4096 }),
  'pv/dump/complete': () => pv('dump', { subcmd: 'complete', buffLen: 2048 }),
  'pv/async_cleanup_prepare': () => pv('async_cleanup_prepare'),
  'pv/async_cleanup_perform': () => pv('async_cleanup_perform'),
  'vcpu/pv/dump/cpu': (vm) => ({
    type: 's390_pv_cpu_command',
    vcpu: firstVcpu(vm),
    command: 'dump',
    subcmd: 'cpu',
    buffLen: 8192,
  }),
  get_device_attr: () => ({ type: 'get_device_attr', group: 'mem_ctrl', attr: 'limit_size' }),
  has_device_attr: () => ({ type: 'has_device_attr', group: 'mem_ctrl', attr: 'limit_size' }),
  ...ordinaryAttributes,
  s390_get_skeys: (vm) => ({ type: 's390_get_skeys', startGfn: firstGfn(vm), count: 1 }),
  s390_set_skeys: (vm) => ({ type: 's390_set_skeys', startGfn: firstGfn(vm), count: 1, data: 'AA==' }),
  s390_keyop: (vm) => ({ type: 's390_keyop', op: 'iske', gaddr: firstGpa(vm) }),
  s390_get_cmma_bits: () => ({ type: 's390_get_cmma_bits', startGfn: 0, count: 0, flags: ['peek'] }),
  s390_set_cmma_bits: () => ({ type: 's390_set_cmma_bits', startGfn: 0, count: 0, mask: 0 }),
  inject_vm_irq: () => ({ type: 'inject_vm_irq', irq: { type: 'int_service', parm: 8 } }),
  s390_guest: (vm) => ({ type: 's390_guest', vcpu: firstVcpu(vm), instruction: 'spx', prefix: 0 }),
};

const vcpus = (machine: Machine, count: number): Machine => {
  for (let id = 0; id < count; id++) machine.vcpu(id);
  return machine;
};

const withSlot = (machine: Machine, flags: readonly string[] = ['log_dirty_pages']): Machine => {
  machine.slot(3, MIB, MIB, flags);
  return machine;
};

const machines: readonly [string, Machine][] = [
  ['a new VM', new Machine()],
  ['a new VM by the code', new Machine({ semantics: 'kernel' })],
  ['a VM with memory', withSlot(new Machine())],
  ['a VM with memory that does not log', withSlot(new Machine(), [])],
  ['a VM with memory that does not log, by the code', withSlot(new Machine({ semantics: 'kernel' }), [])],
  ['a VM with memory and a vCPU', vcpus(withSlot(new Machine()), 1)],
  ['a VM with every vCPU', vcpus(new Machine(), 248)],
  ['a UCONTROL VM', new Machine({ vmType: 'ucontrol' })],
  ['a UCONTROL VM with every vCPU', vcpus(new Machine({ vmType: 'ucontrol' }), 255)],
  ['a VM on a machine without CMMA or memory', withSlot(new Machine({ host: { cmma: false, freeMemory: 0 } }))],
  ['a VM with CMMA', new Machine().fold({ type: 'cmma_enabled' })],
  ['a VM that migrates', withSlot(new Machine()).fold({ type: 'migration_started' })],
  ['a protected VM', vcpus(withSlot(new Machine()), 1).fold({ type: 'protection_enabled' })],
  ['a VM that is dumped', vcpus(new Machine(), 1).fold({ type: 'protection_enabled' }, { type: 'dump_started' })],
  ['a VM with AP instructions and large pages', new Machine({ host: { apInstructions: true, hpage: true } })],
  ['a VM with CMMA where large pages are', new Machine({ host: { hpage: true } }).fold({ type: 'cmma_enabled' })],
  ['a bare machine by the code', new Machine({ semantics: 'kernel', host: { facilities: [] } })],
  ['a VM with a topology', new Machine().fold({ type: 'capability_enabled', capability: 'x', facilities: [11] })],
  [
    'a protected VM whose vCPUs are not',
    vcpus(withSlot(new Machine()), 1).fold({ type: 'protection_enabled' }, { type: 'vcpus_unprotected' }),
  ],
  [
    'a VM that is dumped and has another one set aside',
    vcpus(withSlot(new Machine()), 1).fold(
      { type: 'protection_set_aside' },
      { type: 'protection_enabled' },
      { type: 'dump_started' },
      { type: 'vcpus_unprotected' },
    ),
  ],
  [
    'a VM without asynchronous teardown',
    new Machine({ host: { asyncDestroy: false } }).fold({ type: 'protection_enabled' }),
  ],
  [
    'a VM whose vCPU waits with an interruption for user space to start it',
    vcpus(withSlot(new Machine()), 1).fold(
      { type: 'user_cpu_state_control_taken' },
      { type: 'interrupt_queued', vcpu: 0, interrupt: { type: 'restart' } },
    ),
  ],
  ['a VM that runs', vcpus(withSlot(new Machine()), 1).fold({ type: 'vcpu_started', vcpu: 0 })],
  [
    'a UCONTROL VM with a mapping',
    vcpus(new Machine({ vmType: 'ucontrol' }), 2).fold({
      type: 'ucas_mapped',
      vcpu: 1,
      mapping: { userAddr: 0n, vcpuAddr: 0n, length: MIB },
    }),
  ],
  ['a VM that was destroyed', vcpus(withSlot(new Machine()), 1).fold({ type: 'vm_destroyed' })],
];

const answered = (vm: S390xVm, key: ForecastKey): 'accepted' | Errno =>
  decide(fork(vm), command.parse(ordinary[key](vm))).errno ?? 'accepted';

describe('a forecast', () => {
  it.each(machines)('is what %s then answers', (_name, { vm }) => {
    const answers = Object.keys(ordinary).map((key) => [key, answered(vm, key as ForecastKey)]);
    expect(forecast(vm)).toEqual(Object.fromEntries(answers));
  });

  it('names the errno that the first vCPU brings', () => {
    const before = forecast(new Machine().vm);
    const after = forecast(vcpus(new Machine(), 1).vm);
    expect([before['mem_ctrl/enable_cmma'], after['mem_ctrl/enable_cmma']]).toEqual(['accepted', 'EBUSY']);
    expect([before['mem_ctrl/limit_size'], after['mem_ctrl/limit_size']]).toEqual(['accepted', 'EBUSY']);
    expect([before['vcpu/s390_mem_op'], after['vcpu/s390_mem_op']]).toEqual(['ENOENT', 'accepted']);
  });

  it('is ENOENT throughout for a VM that was destroyed', () => {
    expect(new Set(Object.values(forecast(new Machine().fold({ type: 'vm_destroyed' }).vm)))).toEqual(
      new Set(['ENOENT']),
    );
  });
});
