import type { Errno } from '../../../src/domain/errno.js';
import { command } from '../../../src/domain/vm/command.js';
import { decide } from '../../../src/domain/vm/decide.js';
import { forecast } from '../../../src/domain/vm/forecast/forecast.js';
import { AARCH64_MATRIX_HEAD, aarch64Matrix } from '../../../src/domain/vm/documents/matrix-aarch64.js';
import { type Aarch64Vm, fork } from '../../../src/domain/vm/state.js';
import { Aarch64Machine } from '../support/aarch64.js';
import { MIB, Machine } from '../support/machine.js';

const slot = { slot: 7, guestPhysAddr: '0x10000000', size: '0x1000', flags: ['log_dirty_pages'] };
const first = ({ vcpus }: Aarch64Vm): number => [...vcpus.keys()][0] ?? 0;
const gpa = ({ memory }: Aarch64Vm): number => (memory.slots[0]?.firstFrame ?? 0) * 4096;
const filter = { base: 0xc3000000, nrFunctions: 1, action: 'deny' };
const ipa = { group: 'pvtime_ctrl', attr: 'ipa' };
const enable = (cap: string) => () => ({ type: 'enable_cap', cap });

/** A well-formed, ordinary command for each that is forecast. */
const ordinary: Readonly<Record<string, (vm: Aarch64Vm) => object>> = {
  destroy_vm: () => ({ type: 'destroy_vm' }),
  set_user_memory_region: () => ({ type: 'set_user_memory_region', ...slot }),
  get_dirty_log: ({ memory }) => ({ type: 'get_dirty_log', slot: memory.slots[0]?.slot ?? 0 }),
  clear_dirty_log: ({ memory }) => ({
    type: 'clear_dirty_log',
    slot: memory.slots[0]?.slot ?? 0,
    firstPage: 0,
    numPages: 64,
    bitmap: Buffer.alloc(8).toString('base64'),
  }),
  write_memory: (vm) => ({ type: 'write_memory', extents: [{ gpa: gpa(vm), size: 1 }], data: 'AA==' }),
  read_memory: (vm) => ({ type: 'read_memory', gpa: gpa(vm), size: 1 }),
  create_vcpu: () => ({ type: 'create_vcpu', id: 5 }),
  set_registers: (vm) => ({ type: 'set_aarch64_registers', vcpu: first(vm), registers: { x0: 1 } }),
  'set_registers/firmware': (vm) => ({
    type: 'set_aarch64_registers',
    vcpu: first(vm),
    registers: { firmware: { std: 0 } },
  }),
  get_mp_state: (vm) => ({ type: 'get_mp_state', vcpu: first(vm) }),
  set_mp_state: (vm) => ({ type: 'set_mp_state', vcpu: first(vm), mpState: 'stopped' }),
  run_vcpu: (vm) => ({ type: 'run_vcpu', vcpu: first(vm) }),
  smccc: (vm) => ({ type: 'smccc', vcpu: first(vm), conduit: 'hvc', functionId: 0x80000000 }),
  'smccc_ctrl/smccc_filter': () => ({ type: 'set_device_attr', group: 0, attr: 0, payload: filter }),
  get_device_attr: () => ({ type: 'get_device_attr', group: 0, attr: 0 }),
  has_device_attr: () => ({ type: 'has_device_attr', group: 0, attr: 0 }),
  'vcpu/pvtime_ctrl/ipa': (vm) => ({ type: 'set_vcpu_attr', vcpu: first(vm), ...ipa, payload: { value: gpa(vm) } }),
  get_vcpu_attr: (vm) => ({ type: 'get_vcpu_attr', vcpu: first(vm), ...ipa }),
  has_vcpu_attr: (vm) => ({ type: 'has_vcpu_attr', vcpu: first(vm), ...ipa }),
  'enable_cap/arm_nisv_to_user': enable('arm_nisv_to_user'),
  'enable_cap/halt_poll': enable('halt_poll'),
  'enable_cap/arm_system_suspend': enable('arm_system_suspend'),
};

const memory = (made: Aarch64Machine): Aarch64Machine => {
  made.slot(3, MIB, MIB, ['log_dirty_pages']);
  return made;
};

const answered = (vm: Aarch64Vm, best: (vm: Aarch64Vm) => object): 'accepted' | Errno =>
  decide(fork(vm), command.parse(best(vm))).errno ?? 'accepted';

describe('a forecast of an aarch64 VM', () => {
  it.each<[name: string, machine: Machine<Aarch64Vm>]>([
    ['a new VM', new Machine<Aarch64Vm>({ arch: 'aarch64' })],
    ['a VM with a vCPU and memory', memory(new Aarch64Machine())],
    ['a VM whose vCPU is stopped', memory(new Aarch64Machine()).fold({ type: 'vcpus_powered_off' })],
    ['a VM that ran', memory(new Aarch64Machine()).fold({ type: 'vm_ran', vcpu: 0 })],
    ['a VM with a record', memory(new Aarch64Machine()).fold({ type: 'stolen_time_placed', vcpu: 0, ipa: MIB })],
    ['a VM on a bare host', memory(new Aarch64Machine({ host: { freeMemory: 0 } }))],
    ['a VM that was destroyed', memory(new Aarch64Machine()).fold({ type: 'vm_destroyed' })],
  ])('is what %s then answers', (_name, { vm }) => {
    const answers = Object.entries(ordinary).map(([key, best]) => [key, answered(vm, best)]);
    expect(forecast(vm)).toEqual(Object.fromEntries(answers));
  });

  it('finds a range that the filter still has room for', () => {
    const made = new Aarch64Machine();
    made.filter(0, 0x80000000, 'deny');
    made.filter(0x80010000, 0x3fff0000, 'deny');
    expect(forecast(made.vm)).toMatchObject({ 'smccc_ctrl/smccc_filter': 'accepted' });
    made.filter(0xc0010000, 0x3fff0000, 'deny');
    expect(forecast(made.vm)).toMatchObject({ 'smccc_ctrl/smccc_filter': 'EEXIST' });
  });
});

describe('the matrix of an aarch64 VM', () => {
  it.each([
    ['smccc_ctrl/smccc_filter', 'memory, vCPU', 'accepted'],
    ['smccc_ctrl/smccc_filter', 'memory, vCPU that ran', 'EBUSY'],
    ['set_registers/firmware', 'memory', 'ENOENT'],
    ['set_registers/firmware', 'memory, vCPU that ran', 'EBUSY'],
    ['smccc', 'memory, vCPU that was stopped', 'EINTR'],
    ['vcpu/pvtime_ctrl/ipa', 'memory, vCPU with stolen time', 'EEXIST'],
    ['create_vcpu', 'destroyed', 'ENOENT'],
  ])('%s, %s: %s', (name, configuration, expected) => {
    const row = aarch64Matrix('documented').find((each) => each.command === name);
    expect(row?.answers[AARCH64_MATRIX_HEAD.indexOf(configuration)]).toBe(expected);
  });

  it('tells configurations apart', () => {
    const columns = AARCH64_MATRIX_HEAD.map((_, i) =>
      aarch64Matrix('documented')
        .map(({ answers }) => answers[i])
        .join(),
    );
    expect(new Set(columns).size).toBe(AARCH64_MATRIX_HEAD.length);
  });
});
