import { fragments, asAbsolute } from '../../../src/domain/memory/address.js';
import { dirtyAt, keyAt, loadDoublewords } from '../support/s390x-vm.js';
import { MIB, Machine } from '../support/machine.js';

const EXTERNAL = 1n << 56n;
const CHECKS = 1n << 50n;
const MODE64 = 0x180000000n;
const PREFIX = 0x4000n;

/** A vCPU at 0x1000 that takes everything; new PSWs that take nothing more, their address their own offset. */
const make = (mask = EXTERNAL | CHECKS | MODE64, after = MODE64): Machine => {
  const machine = new Machine();
  machine.slot(0, 0n, MIB, ['log_dirty_pages']);
  for (const id of [0, 1, 2]) machine.vcpu(id);
  for (const at of [0x1a0n, 0x1b0n, 0x1d0n, 0x1e0n]) loadDoublewords(machine.vm, PREFIX + at, after, at);
  const registers = {
    psw: { mask, addr: 0x1000 },
    prefix: PREFIX,
    crs: { 0: 0xffff, 14: 0xffffffffn },
    gbea: 0x77,
    gprs: { 3: 0x33 },
  };
  machine.run({ type: 'set_registers', vcpu: 0, registers });
  return machine;
};

const inject = (machine: Machine, ...irqs: object[]) =>
  irqs.map((irq) => machine.answer({ type: 'inject_irq', vcpu: 0, irq }));
const run = (machine: Machine) => machine.run({ type: 'run_vcpu', vcpu: 0 });
const vcpu = ({ vm }: Machine) => vm.vcpus.get(0);
const delivered = (machine: Machine) =>
  (run(machine).reply['delivered'] as { type: string }[] | undefined)?.map(({ type }) => type);

const valueAt = ({ vm }: Machine, offset: number, size: number): bigint =>
  BigInt(`0x${Buffer.from(vm.memory.read(fragments(asAbsolute(PREFIX + BigInt(offset)), size))).toString('hex')}`);

type Field = [offset: number, size: number, value: bigint | number];

const ROWS: readonly [row: string, irq: object, old: number, fields: Field[]][] = [
  [
    'emergency signal',
    { type: 'int_emergency', code: 2 },
    0x130,
    [
      [0x86, 2, 0x1201],
      [0x84, 2, 2],
    ],
  ],
  [
    'external call',
    { type: 'int_external_call', code: 1 },
    0x130,
    [
      [0x86, 2, 0x1202],
      [0x84, 2, 1],
    ],
  ],
  ['clock comparator', { type: 'int_clock_comp' }, 0x130, [[0x86, 2, 0x1004]]],
  ['CPU timer', { type: 'int_cpu_timer' }, 0x130, [[0x86, 2, 0x1005]]],
  [
    'pfault init',
    { type: 'pfault_init', extParams2: 0x99 },
    0x130,
    [
      [0x86, 2, 0x2603],
      [0x84, 2, 0x600],
      [0x11b8, 8, 0x99],
    ],
  ],
  ['restart', { type: 'restart' }, 0x120, []],
  [
    'machine check',
    {
      type: 'mchk',
      mcic: (1n << 63n) | (1n << 38n),
      extDamageCode: 5,
      failingStorageAddress: 6,
      fixedLogout: '11'.repeat(16),
    },
    0x160,
    [
      [0xe8, 8, 1n << 63n],
      [0xf4, 4, 5],
      [0xf8, 8, 6],
      [0xa3, 1, 1],
      [0x1280 + 24, 8, 0x33],
      [0x1300, 8, 0x1111111111111111n],
      [0x1380, 8, 0xffff],
    ],
  ],
];

const program = (code: number, more: object = {}) => ({
  type: 'program_int',
  code,
  transExcCode: 0xabc000,
  excAccessId: 7,
  opAccessId: 2,
  dataExcCode: 3,
  monCode: 4,
  monClassNr: 5,
  ...more,
});

const TEID: Field = [0xa8, 8, 0xabc000];
const ACCESS: Field = [0xa0, 1, 7];

describe('the lowcore after a delivery', () => {
  it.each(ROWS)('%s', (_row, irq, old, fields) => {
    const machine = make();
    inject(machine, irq);
    const before = vcpu(machine)?.registers.psw;
    expect(run(machine).ret).toBe(0);
    expect([valueAt(machine, old, 8), valueAt(machine, old + 8, 8)]).toEqual([before?.mask, before?.addr]);
    for (const [offset, size, value] of fields) expect(valueAt(machine, offset, size)).toBe(BigInt(value));
    expect(vcpu(machine)).toMatchObject({ mpState: 'operating', pending: [] });
    expect(vcpu(machine)?.registers.psw).toEqual({ mask: MODE64, addr: BigInt(old + 0x80) });
    expect([keyAt(machine.vm, PREFIX), dirtyAt(machine.vm, PREFIX)]).toEqual([6, true]);
  });

  it.each<[row: string, code: number, rewinds: boolean, fields: Field[]]>([
    ['0x04', 0x04, false, [TEID, ACCESS]],
    ...[0x05, 0x12, 0x28, 0x01].map((code): [string, number, boolean, Field[]] => [
      `0x${code.toString(16)}`,
      code,
      false,
      [
        [0xa8, 8, 0],
        [0xa0, 1, 0],
      ],
    ]),
    ...[0x10, 0x11, 0x38, 0x39, 0x3a, 0x3b].map((code): [string, number, boolean, Field[]] => [
      `0x${code.toString(16)}`,
      code,
      true,
      [TEID, ACCESS, [0xa2, 1, 2]],
    ]),
    ...[0x29, 0x2a, 0x2b, 0x2c, 0x2d].map((code): [string, number, boolean, Field[]] => [
      `0x${code.toString(16)}`,
      code,
      true,
      [ACCESS, [0xa8, 8, 0]],
    ]),
    ['0x07', 0x07, false, [[0x90, 4, 3]]],
    [
      '0x40',
      0x40,
      false,
      [
        [0x94, 2, 5],
        [0xb0, 8, 4],
      ],
    ],
    ['0x20', 0x20, true, [TEID]],
    ['0x1c', 0x1c, false, [TEID]],
    ['0x30', 0x30, true, []],
  ])('program interruption %s', (_row, code, rewinds, fields) => {
    const machine = make();
    inject(machine, program(code, { flags: 5 }));
    run(machine);
    const common: Field[] = [
      [0x8c, 2, 4],
      [0x8e, 2, code],
      [0x110, 8, 0x77],
      [0x158, 8, rewinds ? 0xffc : 0x1000],
    ];
    for (const [offset, size, value] of [...common, ...fields])
      expect([offset, valueAt(machine, offset, size)]).toEqual([offset, BigInt(value)]);
    expect(vcpu(machine)?.registers.psw.addr).toBe(0x1d0n);
  });

  it('PER data, and no rewinding where that is switched off', () => {
    const machine = make();
    const per = { perCode: 1, perAtmid: 2, perAddress: 3, perAccessId: 4 };
    inject(machine, program(0x91, { flags: 0xd, ...per }));
    run(machine);
    expect([valueAt(machine, 0x96, 1), valueAt(machine, 0x97, 1), valueAt(machine, 0x98, 8)]).toEqual([1n, 2n, 3n]);
    expect([valueAt(machine, 0xa1, 1), valueAt(machine, 0x158, 8), valueAt(machine, 0x8e, 2)]).toEqual([
      4n,
      0x1000n,
      0x91n,
    ]);
  });

  it('an injected MEM_OP exception has no instruction length', () => {
    const machine = make();
    const flags = ['inject_exception'];
    machine.run({ type: 's390_mem_op', vcpu: 0, op: 'logical_read', gaddr: 2n * MIB, size: 1, flags });
    run(machine);
    expect([valueAt(machine, 0x8c, 4), valueAt(machine, 0x158, 8)]).toEqual([5n, 0x1000n]);
  });

  it('SET PREFIX changes the prefix alone', () => {
    const machine = make();
    inject(machine, { type: 'sigp_set_prefix', address: 0xa123 });
    expect(delivered(machine)).toEqual(['sigp_set_prefix']);
    expect(vcpu(machine)?.registers).toMatchObject({ prefix: 0xa000, psw: { addr: 0x1000n } });
  });
});

describe('what is delivered', () => {
  const one = (type: string) => ({ type, code: 1, mcic: 1n << 58n, cr14: 1n << 31n });

  it.each<[row: string, type: string, registers: object]>([
    ['PSW external mask', 'int_emergency', { psw: { mask: CHECKS, addr: 0 } }],
    ['PSW external mask', 'pfault_init', { psw: { mask: CHECKS, addr: 0 } }],
    ['CR0 emergency signal', 'int_emergency', { crs: { 0: 0xffff & ~0x4000 } }],
    ['CR0 external call', 'int_external_call', { crs: { 0: 0xffff & ~0x2000 } }],
    ['CR0 clock comparator', 'int_clock_comp', { crs: { 0: 0xffff & ~0x800 } }],
    ['CR0 CPU timer', 'int_cpu_timer', { crs: { 0: 0xffff & ~0x400 } }],
    ['PSW machine-check mask', 'mchk', { psw: { mask: EXTERNAL, addr: 0 } }],
    ['CR14 of a repressible machine check', 'mchk', { crs: { 14: 0x7fffffff } }],
  ])('%s keeps back %s until it is one', (_row, type, registers) => {
    const machine = make();
    const open = vcpu(machine)?.registers;
    inject(machine, one(type));
    machine.run({ type: 'set_registers', vcpu: 0, registers });
    expect(delivered(machine)).toEqual([]);
    expect(vcpu(machine)?.pending.length).toBe(1);
    machine.run({ type: 'set_registers', vcpu: 0, registers: { psw: open?.psw, crs: open?.crs } });
    expect(delivered(machine)).toEqual([type]);
  });

  it('an exigent machine check does not ask CR14; restart, program interruptions and SET PREFIX ask nothing', () => {
    const machine = make(CHECKS);
    machine.run({ type: 'set_registers', vcpu: 0, registers: { crs: { 0: 0, 14: 0 } } });
    inject(machine, { type: 'mchk', mcic: 1n << 62n });
    inject(machine, { type: 'sigp_set_prefix', address: PREFIX }, { type: 'restart' }, one('program_int'));
    expect(delivered(machine)).toEqual(['mchk', 'program_int', 'restart', 'sigp_set_prefix']);
  });

  it('everything in order of priority, each under the masks that the one before it left', () => {
    const all = ['sigp_set_prefix', 'restart', 'pfault_init', 'int_cpu_timer', 'int_clock_comp', 'int_external_call'];
    const machine = make(EXTERNAL | CHECKS | MODE64, EXTERNAL | CHECKS | MODE64);
    inject(
      machine,
      ...all.map(one),
      one('int_emergency'),
      { type: 'int_emergency', code: 0 },
      one('mchk'),
      one('program_int'),
    );
    const order = ['program_int', 'mchk', 'int_emergency', 'int_emergency', ...all.reverse()];
    expect(delivered(machine)).toEqual(order);
    expect(valueAt(machine, 0x84, 2)).toBe(0x600n);
  });

  it('a new PSW that takes none leaves the rest pending', () => {
    const machine = make();
    inject(machine, one('int_cpu_timer'), one('int_emergency'));
    expect(delivered(machine)).toEqual(['int_emergency']);
    expect(vcpu(machine)?.pending).toEqual([{ type: 'int_cpu_timer' }]);
  });

  it('EFAULT where the lowcore is in no slot: the vCPU runs, the interruption is lost', () => {
    const machine = make();
    machine.run({ type: 'set_registers', vcpu: 0, registers: { prefix: 2n * MIB } });
    inject(machine, one('program_int'), { type: 'restart' });
    expect(run(machine)).toMatchObject({ errno: 'EFAULT' });
    expect(vcpu(machine)).toMatchObject({ mpState: 'operating', pending: [{ type: 'restart' }] });
  });

  it.each(['kernel', 'user'])('a stop ends the run, and stops the vCPU if the %s controls that', (by) => {
    const machine = make().fold({ type: 'vcpu_started', vcpu: 0 });
    if (by === 'user') machine.fold({ type: 'user_cpu_state_control_taken' });
    inject(machine, { type: 'sigp_stop', flags: ['store_status'] }, { type: 'restart' });
    expect(run(machine)).toMatchObject({
      ret: 0,
      reply: { exitReason: 's390_sieic', delivered: [{ type: 'restart' }] },
    });
    expect(vcpu(machine)?.mpState).toBe(by === 'kernel' ? 'stopped' : 'operating');
    expect(vcpu(machine)?.pending.length).toBe(by === 'kernel' ? 0 : 1);
    expect(machine.vm.memory.read([{ frame: 0, offset: 163, size: 1 }])).toEqual(Uint8Array.of(1));
    expect(machine.answer({ type: 'set_mp_state', vcpu: 0, mpState: 'stopped' })).toBe(0);
    expect(vcpu(machine)?.pending).toEqual([]);
  });
});

describe('a protected vCPU', () => {
  const secure = () => make().fold({ type: 'protection_enabled' });

  it('is told through the ultravisor: nothing is stored here', () => {
    const machine = secure();
    inject(machine, { type: 'restart' }, { type: 'program_int', code: 6 });
    const { events } = run(machine);
    expect(events.map(({ type }) => type)).toEqual(['vcpu_started', 'interrupt_delivered', 'interrupt_delivered']);
    expect(vcpu(machine)?.registers.psw.addr).toBe(0x1000n);
  });

  it('takes one external interruption or machine check at a time', () => {
    const machine = secure();
    inject(machine, { type: 'int_cpu_timer' }, { type: 'int_emergency', code: 1 });
    expect([delivered(machine), delivered(machine)]).toEqual([['int_emergency'], ['int_cpu_timer']]);
  });

  it('does not take every program interruption: EINVAL, and it is lost', () => {
    const machine = secure();
    inject(machine, { type: 'program_int', code: 0x11 });
    expect(run(machine).errno).toBe('EINVAL');
    expect(vcpu(machine)?.pending).toEqual([]);
  });
});

describe('KVM_S390_STORE_STATUS', () => {
  const bytes = ({ vm }: Machine, at: bigint, size: number) =>
    BigInt(`0x${Buffer.from(vm.memory.read(fragments(asAbsolute(at), size))).toString('hex')}`);
  const store = (machine: Machine, addr: bigint) => machine.answer({ type: 'store_status', vcpu: 0, addr });

  it.each<[row: string, addr: bigint, base: bigint, mode: bigint | undefined]>([
    ['an address', 0x8000n, 0x8000n - 0x1200n, undefined],
    ['-1: absolute', (1n << 64n) - 1n, 0n, 163n],
    ['-2: prefix based', (1n << 64n) - 2n, PREFIX, PREFIX + 163n],
  ])('%s', (_row, addr, base, mode) => {
    const machine = make();
    machine.run({
      type: 'set_registers',
      vcpu: 0,
      registers: { clockComparator: 0x1234500n, cpuTimer: 8, acrs: { 2: 9 } },
    });
    expect(store(machine, addr)).toBe(0);
    const at = (offset: number, size: number) => bytes(machine, base + BigInt(offset), size);
    expect([at(0x1298, 8), at(0x1308, 8), at(0x1318, 4)]).toEqual([0x33n, 0x1000n, PREFIX]);
    expect([at(0x1328, 8), at(0x1330, 8), at(0x1348, 4), at(0x1380, 8)]).toEqual([8n, 0x12345n, 9n, 0xffffn]);
    if (mode !== undefined) expect(bytes(machine, mode, 1)).toBe(1n);
    expect(dirtyAt(machine.vm, base + 0x1200n)).toBe(true);
  });

  it('memory fault EFAULT; what lies in memory is stored', () => {
    const machine = make();
    expect(store(machine, MIB - 0x100n)).toBe('EFAULT');
    expect(bytes(machine, MIB - 0x100n + 0x98n, 8)).toBe(0x33n);
    expect(store(machine, 4n * MIB)).toBe('EFAULT');
    expect(machine.answer({ type: 'store_status', vcpu: 7, addr: 0 })).toBe('ENOENT');
  });
});
