import { MIB, Machine, type MachineOptions } from '../support/machine.js';

const make = (options: MachineOptions = {}): Machine => {
  const machine = new Machine(options);
  machine.slot(0, 0n, MIB, ['log_dirty_pages']);
  machine.vcpu(0);
  return machine;
};

const secure = (machine: Machine): Machine => machine.fold({ type: 'protection_enabled' });
const stateOf = ({ vm }: Machine) => vm.vcpus.get(0)?.mpState;
const control = ({ vm }: Machine) => vm.regions.cpuStateControl;
const run = (machine: Machine, more: object = {}) => machine.answer({ type: 'run_vcpu', vcpu: 0, ...more });
const set = (machine: Machine, mpState: unknown, more: object = {}) =>
  machine.answer({ type: 'set_mp_state', vcpu: 0, mpState, ...more });
const reset = (machine: Machine, kind: string, more: object = {}) =>
  machine.answer({ type: 'reset_vcpu', vcpu: 0, reset: kind, ...more });

const started = (machine: Machine) => machine.fold({ type: 'vcpu_started', vcpu: 0 });
const taken = (machine: Machine) => machine.fold({ type: 'user_cpu_state_control_taken' });

type Row = [row: string, before: (machine: Machine) => Machine, act: (machine: Machine) => unknown, unknown, unknown];

describe.each(['documented', 'kernel'] as const)('the run state of a vCPU, %s', (semantics) => {
  describe.each<[string, (machine: Machine) => Machine, string]>([
    ['ctrl 0', (machine) => machine, 'kernel'],
    ['ctrl 1', taken, 'user'],
  ])('%s', (_name, controlled, by) => {
    const kernel = by === 'kernel';
    it.each<Row>([
      ['KVM_RUN on STOPPED', (m) => m, run, kernel ? 0 : 'EINVAL', kernel ? 'operating' : 'stopped'],
      ['KVM_RUN on OPERATING', started, run, 0, 'operating'],
      ['normal reset', started, (m) => reset(m, 'normal'), 0, kernel ? 'stopped' : 'operating'],
      ['initial reset', started, (m) => reset(m, 'initial'), 0, kernel ? 'stopped' : 'operating'],
      ['clear reset', started, (m) => reset(m, 'clear'), 0, kernel ? 'stopped' : 'operating'],
    ])('%s leaves the control where it was', (_row, before, act, answer, after) => {
      const machine = controlled(before(make({ semantics })));
      expect([act(machine), stateOf(machine), control(machine)]).toEqual([answer, after, by]);
    });

    it.each<Row>([
      ['SET_MP_STATE(5 STOPPED)', started, (m) => set(m, 5), 0, 'stopped'],
      ['SET_MP_STATE(5) of a stopped one', (m) => m, (m) => set(m, 'stopped'), 0, 'stopped'],
      ['SET_MP_STATE(7 OPERATING)', (m) => m, (m) => set(m, 'operating'), 0, 'operating'],
      ['SET_MP_STATE(7) of an operating one', started, (m) => set(m, 7), 0, 'operating'],
      ['SET_MP_STATE(8 LOAD)', (m) => m, (m) => set(m, 'load'), 'ENXIO', 'stopped'],
      ['SET_MP_STATE(6 CHECK_STOP)', (m) => m, (m) => set(m, 'check_stop'), 'ENXIO', 'stopped'],
      ['SET_MP_STATE(0 RUNNABLE)', (m) => m, (m) => set(m, 'runnable'), 'ENXIO', 'stopped'],
      ['SET_MP_STATE(10 SUSPENDED)', (m) => m, (m) => set(m, 'suspended'), 'ENXIO', 'stopped'],
      ['SET_MP_STATE(other)', (m) => m, (m) => set(m, 0), 'ENXIO', 'stopped'],
      ['SET_MP_STATE(8), PV', secure, (m) => set(m, 8), 0, 'stopped'],
      ['SET_MP_STATE(7), PV', secure, (m) => set(m, 7), 0, 'operating'],
      ['SET_MP_STATE(6), PV', secure, (m) => set(m, 6), 'ENXIO', 'stopped'],
    ])('%s takes control for ever', (_row, before, act, answer, after) => {
      const machine = controlled(before(make({ semantics })));
      expect([act(machine), stateOf(machine), control(machine)]).toEqual([answer, after, 'user']);
    });

    it.each([7, 8])('SET_MP_STATE(%i), PV, EINVAL where the ultravisor refuses', (state) => {
      const machine = controlled(secure(make({ semantics })));
      const refuse = { ultravisor: { refuse: { rc: 0x100, rrc: 1 } } };
      expect([set(machine, state, refuse), stateOf(machine)]).toEqual(['EINVAL', 'stopped']);
    });
  });

  it('GET_MP_STATE', () => {
    const answers = [make({ semantics }), started(make({ semantics }))].map((machine) => {
      const { ret, reply } = machine.run({ type: 'get_mp_state', vcpu: 0 });
      return [ret, reply['mpState']];
    });
    expect(answers).toEqual(
      semantics === 'documented'
        ? [
            [0, 'stopped'],
            [0, 'operating'],
          ]
        : [
            [5, undefined],
            [7, undefined],
          ],
    );
  });

  it.each(['get_mp_state', 'run_vcpu'])('%s of a vCPU that does not exist is ENOENT', (type) => {
    expect(make({ semantics }).answer({ type, vcpu: 1 })).toBe('ENOENT');
  });

  it('SET_MP_STATE of a vCPU that does not exist takes nothing', () => {
    const machine = make({ semantics });
    expect(machine.answer({ type: 'set_mp_state', vcpu: 9, mpState: 5 })).toBe('ENOENT');
    expect(control(machine)).toBe('kernel');
  });
});

describe('KVM_RUN, checks in order', () => {
  const bad = { immediateExit: true, validRegs: 1n << 13n };
  it.each<[row: string, before: (machine: Machine) => Machine, more: object, expected: unknown]>([
    ['dumping before immediate_exit', (m) => secure(m).fold({ type: 'dump_started' }), bad, 'EINVAL'],
    ['immediate_exit before unknown registers', (m) => m, bad, 'EINTR'],
    ['unknown bits in kvm_valid_regs', (m) => m, { validRegs: 1n << 13n }, 'EINVAL'],
    ['unknown bits in kvm_dirty_regs', (m) => m, { dirtyRegs: 1n << 63n }, 'EINVAL'],
    ['every known register', (m) => m, { validRegs: 0x1fff, dirtyRegs: 0x1fff }, 0],
    ['immediate_exit before a stopped vCPU', taken, { immediateExit: true }, 'EINTR'],
    ['PV', secure, {}, 0],
  ])('%s', (_row, before, more, expected) => {
    const machine = before(make());
    expect(run(machine, more)).toBe(expected);
    expect(stateOf(machine)).toBe(expected === 0 ? 'operating' : 'stopped');
  });

  it('UCONTROL', () => {
    const machine = new Machine({ vmType: 'ucontrol' });
    machine.vcpu(0);
    expect([run(machine), stateOf(machine)]).toEqual([0, 'operating']);
  });
});

describe('resets', () => {
  const file = {
    psw: { mask: 0x0000008180000000n, addr: 0x1234n },
    prefix: 0x2000,
    gprs: new Array(16).fill(3n),
    crs: new Array(16).fill(5n),
    acrs: new Array(16).fill(7),
    fpc: 9,
    todpr: 11,
    cpuTimer: 13n,
    clockComparator: 15n,
    pp: 17n,
    gbea: 19n,
    pftoken: 21n,
    pfcompare: 23n,
    pfselect: 25n,
    epochdiff: 27n,
  };
  const normal = { ...file, psw: { mask: 0x180000000n, addr: 0x1234n }, pftoken: (1n << 64n) - 1n };
  const initialCrs = new Array(16).fill(0n).map((zero: bigint, n) => ({ 0: 0xe0n, 14: 0xc2000000n })[n] ?? zero);
  const initial = {
    ...normal,
    psw: { mask: 0n, addr: 0n },
    prefix: 0,
    crs: initialCrs,
    fpc: 0,
    todpr: 0,
    cpuTimer: 0n,
    clockComparator: 0n,
    pp: 0n,
    gbea: 1n,
  };
  const clear = { ...initial, gprs: new Array(16).fill(0n), acrs: new Array(16).fill(0) };

  it.each([
    ['normal', normal],
    ['initial', initial],
    ['clear', clear],
  ])('%s: each register, and nothing pending', (kind, expected) => {
    const machine = make();
    machine.run({ type: 'set_registers', vcpu: 0, registers: file });
    for (const irq of [{ type: 'program_int', code: 1 }, { type: 'int_emergency' }, { type: 'int_external_call' }])
      machine.run({ type: 'inject_irq', vcpu: 0, irq });
    expect(machine.vm.vcpus.get(0)?.pending.length).toBe(3);
    expect(reset(machine, kind)).toBe(0);
    expect(machine.vm.vcpus.get(0)).toMatchObject({ registers: expected, pending: [] });
    const byId = machine.run({ type: 'get_one_reg', vcpu: 0, id: '0x5030000000000009' });
    expect(byId.reply['value']).toBe(expected.gbea);
  });

  it('PV: EINVAL where the ultravisor refuses, after what KVM does itself', () => {
    const machine = secure(make());
    machine.run({ type: 'inject_irq', vcpu: 0, irq: { type: 'restart' } });
    const refuse = { ultravisor: { refuse: { rc: 2, rrc: 3 } } };
    expect(reset(machine, 'clear', refuse)).toBe('EINVAL');
    expect(machine.vm.vcpus.get(0)?.pending).toEqual([]);
    expect(reset(make(), 'clear', refuse)).toBe(0);
  });
});

describe('SET_INITIAL_PSW', () => {
  const psw = { mask: 1n, addr: 2n };
  it.each<[row: string, (machine: Machine) => Machine, body: object, expected: unknown]>([
    ['EFAULT before EBUSY', started, {}, 'EFAULT'],
    ['not STOPPED => EBUSY', started, { psw }, 'EBUSY'],
    ['STOPPED', (m) => m, { psw }, 0],
    ['PV', secure, { psw }, 0],
  ])('%s', (_row, before, body, expected) => {
    const machine = before(make());
    expect(machine.answer({ type: 'set_initial_psw', vcpu: 0, ...body })).toBe(expected);
    expect(machine.vm.vcpus.get(0)?.registers.psw).toEqual(expected === 0 ? psw : { mask: 0n, addr: 0n });
  });
});

describe('ONE_REG', () => {
  const U64 = 0x5030000000000000n;
  it.each<[string, bigint, string]>([
    ['1 TODPR', 0x5020000000000001n, 'todpr'],
    ['2 EPOCHDIFF', U64 | 2n, 'epochdiff'],
    ['3 CPU_TIMER', U64 | 3n, 'cpuTimer'],
    ['4 CLOCK_COMP', U64 | 4n, 'clockComparator'],
    ['5 PFTOKEN', U64 | 5n, 'pftoken'],
    ['6 PFCOMPARE', U64 | 6n, 'pfcompare'],
    ['7 PFSELECT', U64 | 7n, 'pfselect'],
    ['8 PP', U64 | 8n, 'pp'],
    ['9 GBEA', U64 | 9n, 'gbea'],
  ])('%s', (_name, id, register) => {
    const machine = make();
    expect(machine.answer({ type: 'set_one_reg', vcpu: 0, id, value: 0xfffffff1n })).toBe(0);
    expect(machine.run({ type: 'get_one_reg', vcpu: 0, id }).reply).toEqual({ value: 0xfffffff1n });
    const registers: Record<string, unknown> = { ...machine.vm.vcpus.get(0)?.registers };
    expect(Number(registers[register])).toBe(0xfffffff1);
    expect(machine.answer({ type: 'set_one_reg', vcpu: 0, id })).toBe('EFAULT');
  });

  it.each<[row: string, command: object, expected: unknown]>([
    ['unknown id', { id: U64 | 10n }, 'EINVAL'],
    ['another size', { id: U64 | 1n }, 'EINVAL'],
    ['unknown id before the value', { type: 'set_one_reg', id: 0 }, 'EINVAL'],
    ['no vCPU', { vcpu: 4, id: U64 | 2n }, 'ENOENT'],
  ])('%s', (_row, command, expected) => {
    expect(make().answer({ type: 'get_one_reg', vcpu: 0, ...command })).toBe(expected);
  });

  it('PV vCPU => EINVAL, whatever the id', () => {
    for (const id of [0n, U64 | 2n])
      for (const type of ['get_one_reg', 'set_one_reg'])
        expect(secure(make()).answer({ type, vcpu: 0, id })).toBe('EINVAL');
  });

  it('a TODPR of more than 32 bits is malformed', () => {
    const decision = make().run({ type: 'set_one_reg', vcpu: 0, id: 0x5020000000000001n, value: 1n << 32n });
    expect(decision.malformed?.field).toBe('value');
  });
});
