import type { Errno } from '../../../src/domain/errno.js';
import { MIB, type Machine } from '../support/machine.js';
import { PV_STATES, REFUSES, pv, pvMachine } from '../support/pv.js';

type Outcome = Errno | number;

const region = (fields: object) => ({
  type: 'set_user_memory_region',
  slot: 0,
  guestPhysAddr: 0,
  size: 4n * MIB,
  flags: [],
  ...fields,
});
const memOp = (op: string, fields: object = {}) => ({ type: 's390_mem_op', op, gaddr: 0, size: 8, ...fields });
const DATA = 'AAAAAAAAAAE=';

/** A command, and what it answers in N, P and D. */
const ROWS: readonly (readonly [row: string, command: Readonly<Record<string, unknown>>, answers: Outcome[]])[] = [
  ['memslot CREATE', region({ slot: 1, guestPhysAddr: 64n * MIB }), [0, 'EINVAL', 'EINVAL']],
  ['memslot MOVE', region({ guestPhysAddr: 64n * MIB }), [0, 'EINVAL', 'EINVAL']],
  ['memslot FLAGS_ONLY', region({ flags: ['log_dirty_pages'] }), [0, 'EINVAL', 'EINVAL']],
  ['memslot DELETE', region({ size: 0 }), [0, 'EINVAL', 'EINVAL']],
  ['memslot that changes nothing', region({}), [0, 0, 0]],
  ['memslot that overlaps: EEXIST first', region({ slot: 1 }), ['EEXIST', 'EEXIST', 'EEXIST']],
  ['VM MEM_OP, read', memOp('absolute_read'), [0, 'EINVAL', 'EINVAL']],
  [
    'VM MEM_OP, before its operation is looked at',
    memOp('logical_read', { size: 70_000 }),
    ['EINVAL', 'EINVAL', 'EINVAL'],
  ],
  ['VM MEM_OP, before its size is looked at', memOp('absolute_read', { size: 70_000 }), ['E2BIG', 'EINVAL', 'EINVAL']],
  ['logical MEM_OP', memOp('logical_read', { vcpu: 0 }), [0, 'EINVAL', 'EINVAL']],
  ['logical MEM_OP, after its size', memOp('logical_read', { vcpu: 0, size: 70_000 }), ['E2BIG', 'E2BIG', 'E2BIG']],
  ['logical MEM_OP, checked only', memOp('logical_write', { vcpu: 0, flags: ['check_only'] }), [0, 'EINVAL', 'EINVAL']],
  ['SIDA_READ', memOp('sida_read', { vcpu: 0 }), ['EINVAL', 0, 0]],
  ['SIDA_WRITE', memOp('sida_write', { vcpu: 0, data: DATA }), ['EINVAL', 0, 0]],
  ['SIDA beyond 4096 bytes', memOp('sida_read', { vcpu: 0, sidaOffset: 4089 }), ['E2BIG', 'E2BIG', 'E2BIG']],
  [
    'TOD SET',
    { type: 'set_device_attr', group: 'tod', attr: 'low', payload: { value: '0x0' } },
    [0, 'EOPNOTSUPP', 'EOPNOTSUPP'],
  ],
  ['TOD GET', { type: 'get_device_attr', group: 'tod', attr: 'high' }, [0, 0, 0]],
  ['GET_ONE_REG', { type: 'get_one_reg', vcpu: 0, id: '0x5030000000000008' }, [0, 'EINVAL', 'EINVAL']],
  ['SET_ONE_REG', { type: 'set_one_reg', vcpu: 0, id: '0x5030000000000008', value: 1 }, [0, 'EINVAL', 'EINVAL']],
  ['ONE_REG of a register that there is not', { type: 'get_one_reg', vcpu: 0, id: 0 }, ['EINVAL', 'EINVAL', 'EINVAL']],
  ['SET_MP_STATE OPERATING', { type: 'set_mp_state', vcpu: 0, mpState: 'operating' }, [0, 0, 0]],
  [
    'SET_MP_STATE OPERATING, refused',
    { type: 'set_mp_state', vcpu: 0, mpState: 7, ...REFUSES },
    [0, 'EINVAL', 'EINVAL'],
  ],
  ['SET_MP_STATE LOAD', { type: 'set_mp_state', vcpu: 0, mpState: 'load' }, ['ENXIO', 0, 0]],
  [
    'SET_MP_STATE LOAD, refused',
    { type: 'set_mp_state', vcpu: 0, mpState: 8, ...REFUSES },
    ['ENXIO', 'EINVAL', 'EINVAL'],
  ],
  ['SET_MP_STATE CHECK_STOP', { type: 'set_mp_state', vcpu: 0, mpState: 'check_stop' }, ['ENXIO', 'ENXIO', 'ENXIO']],
  ['reset', { type: 'reset_vcpu', vcpu: 0, reset: 'clear' }, [0, 0, 0]],
  ['reset, refused', { type: 'reset_vcpu', vcpu: 0, reset: 'normal', ...REFUSES }, [0, 'EINVAL', 'EINVAL']],
  ['KVM_CREATE_VCPU', { type: 'create_vcpu', id: 9 }, [0, 0, 0]],
];

describe.each(['documented', 'kernel'] as const)('a protected VM, %s', (semantics) => {
  it.each(ROWS)('%s', (_row, command, answers) => {
    expect(PV_STATES.map((state) => pvMachine(state, { semantics }).answer(command))).toEqual(answers);
  });

  it('KVM_RUN of a running vCPU is EINVAL while it is dumped', () => {
    const runs = PV_STATES.map((state) => {
      const machine = pvMachine(state, { semantics });
      machine.answer({ type: 'set_mp_state', vcpu: 0, mpState: 'operating' });
      return machine.answer({ type: 'run_vcpu', vcpu: 0 });
    });
    expect(runs).toEqual([0, 0, 'EINVAL']);
  });

  it('the load state is not reported back', () => {
    const machine = pvMachine('P', { semantics });
    machine.answer({ type: 'set_mp_state', vcpu: 0, mpState: 'load' });
    expect(machine.vm.vcpus.get(0)?.mpState).toBe('stopped');
  });

  it('a typical boot', () => {
    const machine = pvMachine('N', { semantics });
    const boot = [
      pv(machine, 'enable').ret,
      pv(machine, 'set_sec_parms', { origin: 0, length: 640 }).ret,
      pv(machine, 'unpack', { addr: 0, size: 0x10000, tweak: 0 }).ret,
      pv(machine, 'verify').ret,
      machine.answer({ type: 'set_mp_state', vcpu: 0, mpState: 'load' }),
      machine.answer({ type: 'set_mp_state', vcpu: 0, mpState: 'operating' }),
      machine.answer({ type: 'run_vcpu', vcpu: 0 }),
    ];
    expect(boot).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });
});

describe('a vCPU whose secure CPU is gone while the VM is protected', () => {
  const lost = (): Machine => {
    const machine = pvMachine('P', { aside: true });
    pv(machine, 'async_cleanup_prepare');
    return machine;
  };
  const dat = (machine: Machine): Machine => {
    machine.run({ type: 'set_registers', vcpu: 0, registers: { psw: { mask: '0x400000180000000', addr: 0 } } });
    return machine;
  };

  it.each<[row: string, machine: () => Machine, command: Readonly<Record<string, unknown>>, expected: Outcome]>([
    ['LOGICAL_READ', lost, memOp('logical_read', { vcpu: 0 }), 'EFAULT'],
    ['LOGICAL_WRITE', lost, memOp('logical_write', { vcpu: 0, data: DATA }), 'EFAULT'],
    ['LOGICAL_WRITE over two pages', lost, memOp('logical_write', { vcpu: 0, gaddr: 4092, data: DATA }), 'EFAULT'],
    ['LOGICAL, with translation', () => dat(lost()), memOp('logical_read', { vcpu: 0 }), 'EFAULT'],
    ['LOGICAL, check only with translation', () => dat(lost()), memOp('logical_read', { vcpu: 0, flags: 1 }), 'EFAULT'],
    ['LOGICAL, check only reaches no page', lost, memOp('logical_read', { vcpu: 0, flags: 1 }), 0],
    ['LOGICAL outside memory', lost, memOp('logical_read', { vcpu: 0, gaddr: '0x400000' }), 5],
    ['LOGICAL with too large a size', lost, memOp('logical_read', { vcpu: 0, size: 70_000 }), 'E2BIG'],
    ['ABSOLUTE', lost, memOp('absolute_read'), 'EINVAL'],
    ['ABSOLUTE_CMPXCHG', lost, memOp('absolute_cmpxchg', { data: DATA, oldData: DATA }), 'EINVAL'],
    ['SIDA_READ', lost, memOp('sida_read', { vcpu: 0 }), 'EINVAL'],
    ['SIDA_WRITE', lost, memOp('sida_write', { vcpu: 0, data: DATA }), 'EINVAL'],
    ['SIDA beyond the size that GBEA tells', lost, memOp('sida_read', { vcpu: 0, sidaOffset: 8185 }), 'E2BIG'],
  ])('%s', (_row, machine, command, expected) => {
    const { ret, errno, events } = machine().run(command);
    expect(errno ?? ret).toBe(expected);
    expect(events).toEqual([]);
  });

  it('a vCPU that is created now is protected', () => {
    const machine = lost();
    machine.vcpu(9);
    expect(machine.answer(memOp('sida_read', { vcpu: 9 }))).toBe(0);
    expect(machine.answer(memOp('logical_read', { vcpu: 9 }))).toBe('EINVAL');
  });
});
