import { MIB, Machine, type MachineOptions } from '../support/machine.js';

const make = (options: MachineOptions = {}): Machine => {
  const machine = new Machine(options);
  machine.slot(0, 0n, MIB);
  machine.vcpu(0);
  machine.vcpu(1);
  return machine;
};

const inject = (machine: Machine, irq: object) => machine.answer({ type: 'inject_irq', vcpu: 0, irq });
const pending = ({ vm }: Machine) => vm.vcpus.get(0)?.pending;
const started = (machine: Machine) => machine.fold({ type: 'vcpu_started', vcpu: 0 });
const same = (machine: Machine) => machine;
const queue = (irq: object) => (machine: Machine) => {
  inject(machine, irq);
  return machine;
};
const STOP = { type: 'sigp_stop' };

describe('KVM_S390_IRQ', () => {
  it.each<[row: string, before: (machine: Machine) => Machine, irq: object, expected: unknown, waiting: number]>([
    ['SIGP_STOP: unknown flag bits', started, { ...STOP, flags: 2 }, 'EINVAL', 0],
    ['SIGP_STOP: unknown flag bits of a stopped one', same, { ...STOP, flags: [2] }, 'EINVAL', 0],
    ['SIGP_STOP: already stopped', same, STOP, 0, 0],
    ['SIGP_STOP: already stopped, store status', same, { ...STOP, flags: 1 }, 0, 0],
    ['SIGP_STOP', started, { type: 0xfffe0000 }, 0, 1],
    ['SIGP_STOP: already pending', (m) => queue(STOP)(started(m)), STOP, 'EBUSY', 1],
    ['PROGRAM_INT', same, { type: 'program_int', code: 1 }, 0, 1],
    ['PROGRAM_INT again', queue({ type: 'program_int', code: 4 }), { type: 0xfffe0001, code: 1 }, 0, 1],
    ['SIGP_SET_PREFIX', same, { type: 'sigp_set_prefix', address: 0x2000 }, 0, 1],
    ['SIGP_SET_PREFIX: not stopped', started, { type: 0xfffe0002 }, 'EBUSY', 0],
    ['RESTART', same, { type: 0xfffe0003 }, 0, 1],
    ['PFAULT_INIT', same, { type: 0xfffe0004, extParams2: 5 }, 0, 1],
    ['MCHK', same, { type: 0xfffe1000, mcic: 1n << 63n }, 0, 1],
    ['MCHK of no subclass', same, { type: 'mchk' }, 0, 0],
    ['INT_CLOCK_COMP', same, { type: 0xffff1004 }, 0, 1],
    ['INT_CPU_TIMER', same, { type: 0xffff1005 }, 0, 1],
    ['INT_EMERGENCY', same, { type: 0xffff1201, code: 1 }, 0, 1],
    ['INT_EMERGENCY of another', queue({ type: 'int_emergency', code: 1 }), { type: 'int_emergency' }, 0, 2],
    ['INT_EMERGENCY of the same', queue({ type: 'int_emergency' }), { type: 'int_emergency' }, 0, 1],
    ['INT_EMERGENCY: no such source', same, { type: 'int_emergency', code: 2 }, 'EINVAL', 0],
    ['INT_EXTERNAL_CALL', same, { type: 0xffff1202, code: 1 }, 0, 1],
    ['INT_EXTERNAL_CALL: no such source', same, { type: 'int_external_call', code: 2 }, 'EINVAL', 0],
    ['INT_EXTERNAL_CALL: one pending', queue({ type: 'int_external_call' }), { type: 0xffff1202 }, 'EBUSY', 1],
    [
      'INT_EXTERNAL_CALL: source before pending',
      queue({ type: 'int_external_call' }),
      { type: 'int_external_call', code: 7 },
      'EINVAL',
      1,
    ],
    ['VIRTIO', same, { type: 'int_virtio' }, 'EINVAL', 0],
    ['SERVICE', same, { type: 0xffff2401 }, 'EINVAL', 0],
    ['I/O', same, { type: 0 }, 'EINVAL', 0],
  ])('%s', (_row, before, irq, expected, waiting) => {
    for (const semantics of ['documented', 'kernel'] as const) {
      const machine = before(make({ semantics }));
      expect([inject(machine, irq), pending(machine)?.length]).toEqual([expected, waiting]);
    }
  });

  it('on a vCPU that does not exist is ENOENT, on a UCONTROL and a protected one as anywhere', () => {
    expect(make().answer({ type: 'inject_irq', vcpu: 5, irq: STOP })).toBe('ENOENT');
    const machine = new Machine({ vmType: 'ucontrol' });
    machine.vcpu(0);
    expect(inject(machine, { type: 'restart' })).toBe(0);
    expect(inject(make().fold({ type: 'protection_enabled' }), { type: 'restart' })).toBe(0);
  });

  it('flags of a program interruption that do not fit are malformed', () => {
    const { malformed } = make().run({ type: 'inject_irq', vcpu: 0, irq: { type: 'program_int', flags: 256 } });
    expect(malformed?.field).toBe('flags');
  });

  it('a program interruption replaces the pending one but for PER data', () => {
    const machine = make();
    inject(machine, { type: 'program_int', code: 0x80, perCode: 4, perAddress: 0x10 });
    inject(machine, { type: 'program_int', code: 0x11, transExcCode: 0x2000, excAccessId: 3 });
    expect(pending(machine)).toEqual([
      {
        type: 'program_int',
        code: 0x91,
        transExcCode: 0x2000n,
        excAccessId: 3,
        perCode: 4,
        perAddress: 0x10n,
        flags: 1,
      },
    ]);
    inject(machine, { type: 'program_int', code: 0x80, perCode: 8, perAddress: 0x20 });
    expect(pending(machine)).toMatchObject([{ code: 0x91, transExcCode: 0x2000n, perCode: 8, perAddress: 0x20n }]);
    inject(machine, { type: 'program_int', code: 0x81, perCode: 1 });
    expect(pending(machine)).toEqual([
      { type: 'program_int', code: 0x81, transExcCode: 0n, excAccessId: 0, perCode: 1, flags: 1 },
    ]);
  });

  it('a program interruption without a valid instruction-length code gets one of 0, and is not rewound', () => {
    const machine = make();
    inject(machine, { type: 'program_int', code: 0x10, flags: 4 });
    expect(pending(machine)).toMatchObject([{ code: 0x10, flags: 1 }]);
    inject(machine, { type: 'program_int', code: 0x10, flags: 5 });
    expect(pending(machine)).toMatchObject([{ code: 0x10, flags: 5 }]);
  });

  it('a type that no interruption has is EINVAL, of 32 bits and of 64', () => {
    for (const type of [0xfffe0009, '0x1ffff1004', '0xffffffffffffffff'])
      expect(make().answer({ type: 'inject_irq', vcpu: 0, irq: { type } })).toBe('EINVAL');
  });

  it('MEM_OP injection keeps what else is pending', () => {
    const machine = make();
    inject(machine, { type: 'restart' });
    const flags = ['inject_exception'];
    machine.run({ type: 's390_mem_op', vcpu: 0, op: 'logical_read', gaddr: 2n * MIB, size: 1, flags });
    expect(pending(machine)?.map(({ type }) => type)).toEqual(['program_int', 'restart']);
  });

  it('machine checks add up', () => {
    const machine = make();
    inject(machine, { type: 'mchk', mcic: 1n << 58n, cr14: 1, extDamageCode: 1, failingStorageAddress: 1 });
    inject(machine, { type: 'mchk', mcic: 1n << 56n, cr14: 2, extDamageCode: 2, failingStorageAddress: 2 });
    const both = { mcic: (1n << 58n) | (1n << 56n), cr14: 3n, extDamageCode: 3, failingStorageAddress: 2n };
    expect(pending(machine)).toMatchObject([both]);
  });
});

describe('KVM_S390_GET_IRQ_STATE', () => {
  const get = (machine: Machine, more: object = {}) => machine.run({ type: 'get_irq_state', vcpu: 0, ...more });

  it('len == 0 => EINVAL, too small => ENOBUFS, nothing pending => 0', () => {
    const machine = make();
    expect(get(machine, { len: 0 }).errno).toBe('EINVAL');
    expect(get(machine, { len: 1 })).toMatchObject({ ret: 0, reply: { interrupts: [] } });
    inject(machine, { type: 'restart' });
    expect(get(machine, { len: 71 }).errno).toBe('ENOBUFS');
    expect(get(machine, { len: 72 })).toMatchObject({ ret: 72, events: [] });
  });

  it('answers bytes, in rising priority, then emergency signals and the external call', () => {
    const machine = make();
    const types = ['int_external_call', 'int_emergency', 'program_int', 'restart', 'sigp_set_prefix', 'int_cpu_timer'];
    for (const type of types) inject(machine, { type, code: type === 'program_int' ? 5 : 1 });
    inject(machine, { type: 'int_emergency', code: 0 });
    const { ret, reply } = get(machine);
    expect(ret).toBe(7 * 72);
    expect(reply['interrupts']).toMatchObject([
      { type: 'sigp_set_prefix' },
      { type: 'restart' },
      { type: 'int_cpu_timer' },
      { type: 'program_int', code: 5 },
      { type: 'int_emergency', code: 0 },
      { type: 'int_emergency', code: 1 },
      { type: 'int_external_call' },
    ]);
    expect(pending(machine)?.map(({ type }) => type)).toEqual([
      'program_int',
      'int_emergency',
      'int_emergency',
      'int_external_call',
      'int_cpu_timer',
      'restart',
      'sigp_set_prefix',
    ]);
  });
});

describe('KVM_S390_SET_IRQ_STATE', () => {
  const set = (machine: Machine, body: object) => machine.answer({ type: 'set_irq_state', vcpu: 0, ...body });
  const restart = { type: 'restart' };
  const busy = queue({ type: 'program_int', code: 1 });

  it.each<[row: string, before: (machine: Machine) => Machine, body: object, expected: unknown, waiting: number]>([
    ['len == 0', busy, { interrupts: [] }, 'EINVAL', 1],
    ['not a multiple of 72', busy, { interrupts: [restart], len: 71 }, 'EINVAL', 1],
    ['> 72*(255+32)', busy, { interrupts: new Array(288).fill(restart) }, 'EINVAL', 1],
    ['EFAULT before EBUSY', busy, {}, 'EFAULT', 1],
    ['EFAULT for more than there is', same, { interrupts: [restart], len: 144 }, 'EFAULT', 0],
    ['anything already pending', busy, { interrupts: [restart] }, 'EBUSY', 1],
    ['one by one', same, { interrupts: [restart, { type: 'int_emergency', code: 1 }] }, 0, 2],
    ['no more than len', same, { interrupts: [restart, { type: 'int_cpu_timer' }], len: 72 }, 0, 1],
    ['72*(255+32)', same, { interrupts: new Array(287).fill(restart) }, 0, 1],
    [
      'stops at the first error',
      same,
      {
        interrupts: [restart, { type: 'int_external_call' }, { type: 'int_external_call' }, { type: 'int_cpu_timer' }],
      },
      'EBUSY',
      2,
    ],
  ])('%s', (_row, before, body, expected, waiting) => {
    const machine = before(make());
    expect([set(machine, body), pending(machine)?.length]).toEqual([expected, waiting]);
  });

  it('takes what GET answered, and says which item is malformed', () => {
    const [from, to] = [make(), make()];
    inject(from, { type: 'mchk', mcic: 1n << 63n, fixedLogout: 'ab'.repeat(16) });
    inject(from, { type: 'program_int', code: 0x11, transExcCode: 0x1000, flags: 5 });
    const { interrupts } = from.run({ type: 'get_irq_state', vcpu: 0 }).reply;
    expect(set(to, { interrupts })).toBe(0);
    expect(pending(to)).toEqual(pending(from));
    const wide = [restart, { type: 'program_int', flags: 999 }];
    expect(make().run({ type: 'set_irq_state', vcpu: 0, interrupts: wide }).malformed?.field).toBe(
      'interrupts.1.flags',
    );
  });
});
