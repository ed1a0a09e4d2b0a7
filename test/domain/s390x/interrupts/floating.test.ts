import { asAbsolute, fragments } from '../../../../src/domain/memory/address.js';
import type { Event } from '../../../../src/domain/vm/facts/event.js';
import { MIB, Machine } from '../../support/machine.js';
import { loadDoublewords } from '../../support/s390x-vm.js';

const IO = 1n << 57n;
const EXTERNAL = 1n << 56n;
const CHECKS = 1n << 50n;
const MODE64 = 0x180000000n;
const ALL = IO | EXTERNAL | CHECKS | MODE64;
const PREFIX = 0x4000n;
const CRS = { 0: 0xffff, 6: 0xff000000n, 14: 0xffffffffn };

/** vCPUs 0 and 1 at 0x1000; new PSWs that take as much as `after` says, their address their own offset. */
const make = (mask = ALL, crs: object = CRS, after = MODE64, options: object = {}): Machine => {
  const machine = new Machine(options);
  machine.slot(0, 0n, MIB);
  for (const id of [0, 1]) machine.vcpu(id);
  for (const at of [0x1b0n, 0x1d0n, 0x1e0n, 0x1f0n]) loadDoublewords(machine.vm, PREFIX + at, after, at);
  const registers = { psw: { mask, addr: 0x1000 }, prefix: PREFIX, crs };
  for (const vcpu of [0, 1]) machine.run({ type: 'set_registers', vcpu, registers });
  return machine;
};

type Irq = Readonly<Record<string, unknown>>;

const inject = (machine: Machine, ...irqs: Irq[]) => irqs.map((irq) => machine.answer({ type: 'inject_vm_irq', irq }));
const local = (machine: Machine, irq: Irq) => machine.answer({ type: 'inject_irq', vcpu: 0, irq });
const run = (machine: Machine, vcpu = 0) => machine.run({ type: 'run_vcpu', vcpu });
const delivered = (machine: Machine, vcpu = 0) => run(machine, vcpu).reply['delivered'] as Irq[];
const types = (irqs: readonly Irq[]) => irqs.map(({ type }) => type);
const valueAt = ({ vm }: Machine, offset: number, size: number): bigint =>
  BigInt(`0x${Buffer.from(vm.memory.read(fragments(asAbsolute(PREFIX + BigInt(offset)), size))).toString('hex')}`);

const service = (parm: number): Irq => ({ type: 'int_service', parm });
const io = (isc: number, nr = 0, parm = 0): Irq => ({
  type: 'int_io',
  parm: 0x10000 + nr,
  parm64: (BigInt(parm) << 32n) | (BigInt(isc) << 27n),
});

describe('KVM_S390_INTERRUPT on a VM', () => {
  const full = (interrupt: Event & { type: 'floating_interrupt_queued' }, count: number): Machine => {
    const machine = make();
    const floating = new Array(count).fill(interrupt.interrupt) as never;
    Object.assign(machine.vm, { floating });
    return machine;
  };
  const queued = (interrupt: object) => ({ type: 'floating_interrupt_queued', interrupt }) as never;

  it.each<[row: string, machine: () => Machine, irq: Irq | undefined, expected: unknown]>([
    ['UCONTROL', () => new Machine({ vmType: 'ucontrol' }), service(8), 'EINVAL'],
    ['UCONTROL before a bad address', () => new Machine({ vmType: 'ucontrol' }), undefined, 'EINVAL'],
    ['a bad address', make, undefined, 'EFAULT'],
    ['SERVICE', make, service(8), 0],
    ['SERVICE by number', make, { type: 0xffff2401 }, 0],
    ['VIRTIO', make, { type: 'int_virtio' }, 0],
    ['PFAULT_DONE', make, { type: 'pfault_done' }, 0],
    ['MCHK', make, { type: 'mchk' }, 0],
    ['I/O, the first type', make, { type: 0 }, 0],
    ['I/O, the last type', make, { type: 0xfffdffff }, 0],
    ['beyond the I/O types: SIGP_STOP', make, { type: 0xfffe0000 }, 'EINVAL'],
    ['PROGRAM_INT', make, { type: 0xfffe0001 }, 'EINVAL'],
    ['SIGP_SET_PREFIX', make, { type: 0xfffe0002 }, 'EINVAL'],
    ['RESTART', make, { type: 0xfffe0003 }, 'EINVAL'],
    ['PFAULT_INIT', make, { type: 0xfffe0004 }, 'EINVAL'],
    ['CLOCK_COMP', make, { type: 0xffff1004 }, 'EINVAL'],
    ['CPU_TIMER', make, { type: 0xffff1005 }, 'EINVAL'],
    ['EMERGENCY', make, { type: 0xffff1201 }, 'EINVAL'],
    ['EXTERNAL_CALL', make, { type: 0xffff1202 }, 'EINVAL'],
    [
      'VIRTIO, one less than the most',
      () => full(queued({ type: 'int_virtio', extParams: 0, extParams2: 0n }), 87380),
      { type: 'int_virtio' },
      0,
    ],
    [
      'VIRTIO, the most',
      () => full(queued({ type: 'int_virtio', extParams: 0, extParams2: 0n }), 87381),
      { type: 'int_virtio' },
      'EBUSY',
    ],
    [
      'PFAULT_DONE, the most',
      () => full(queued({ type: 'pfault_done', extParams2: 0n }), 16320),
      { type: 'pfault_done' },
      'EBUSY',
    ],
    ['another type then', () => full(queued({ type: 'pfault_done', extParams2: 0n }), 16320), io(0), 0],
    [
      'I/O, the most',
      () =>
        full(
          queued({ type: 'int_io', adapter: false, subchannelId: 1, subchannelNr: 0, ioIntParm: 0, ioIntWord: 0 }),
          266250,
        ),
      io(1),
      'EBUSY',
    ],
    ['before any vCPU', () => new Machine(), service(8), 0],
    ['of a protected VM', () => make().fold({ type: 'protection_enabled' }), service(8), 0],
  ])('%s', (_row, machine, irq, expected) => {
    expect(machine().answer({ type: 'inject_vm_irq', ...(irq && { irq }) })).toBe(expected);
  });

  it.each<[row: string, irqs: Irq[], waits: object[]]>([
    ['an SCCB', [service(0x2008)], [{ extParams: 0x2008, sccb: true, event: false }]],
    ['an SCCB of 0', [service(0)], [{ extParams: 0, sccb: true, event: false }]],
    ['a second SCCB is ignored while one waits', [service(0x2008), service(0x3000)], [{ extParams: 0x2008 }]],
    ['an event beside it', [service(0x2008), service(1)], [{ extParams: 0x2009, sccb: true, event: true }]],
    ['bit 29 belongs to neither', [service(4)], [{ extParams: 0, sccb: true, event: false }]],
    [
      'machine checks add up; of CR14 the channel-report bit counts',
      [
        { type: 'mchk', parm: 0xffffffff, parm64: 1 },
        { type: 'mchk', parm: 0, parm64: 2 },
      ],
      [{ type: 'mchk', cr14: 0x10000000n, mcic: 3n }],
    ],
    [
      'I/O as subchannel, parameter and word',
      [{ type: 0x04000000, parm: 0x00010203, parm64: '0x1122334438000000' }],
      [{ adapter: true, subchannelId: 1, subchannelNr: 0x203, ioIntParm: 0x11223344, ioIntWord: 0x38000000 }],
    ],
    [
      'virtio ones one after the other',
      [{ type: 'int_virtio', parm: 1, parm64: 2 }, { type: 'int_virtio' }],
      [{ extParams: 1, extParams2: 2n }, { extParams: 0 }],
    ],
  ])('queues %s', (_row, irqs, waits) => {
    const machine = make();
    inject(machine, ...irqs);
    expect(machine.vm.floating).toMatchObject(waits);
    expect(machine.vm.floating).toHaveLength(waits.length);
  });
});

type Field = [offset: number, size: number, value: bigint | number];

describe('the delivery of a floating interruption', () => {
  it.each<[row: string, irq: Irq, old: number, fields: Field[]]>([
    [
      'service signal',
      service(0x2008),
      0x130,
      [
        [0x80, 4, 0x2008],
        [0x84, 2, 0],
        [0x86, 2, 0x2401],
      ],
    ],
    [
      'virtio',
      { type: 'int_virtio', parm: 7, parm64: '0x1122334455667788' },
      0x130,
      [
        [0x80, 4, 7],
        [0x84, 2, 0x0d00],
        [0x86, 2, 0x2603],
        [0x11b8, 8, 0x1122334455667788n],
      ],
    ],
    [
      'pfault done',
      { type: 'pfault_done', parm64: 9 },
      0x130,
      [
        [0x84, 2, 0x0680],
        [0x86, 2, 0x2603],
        [0x11b8, 8, 9],
      ],
    ],
    [
      'I/O',
      { type: 0, parm: 0x00010203, parm64: '0x1122334438000000' },
      0x170,
      [
        [0xb8, 2, 1],
        [0xba, 2, 0x203],
        [0xbc, 4, 0x11223344],
        [0xc0, 4, 0x38000000],
      ],
    ],
    [
      'machine check',
      { type: 'mchk', parm: 0x10000000, parm64: '0x0040000000000001' },
      0x160,
      [
        [0xe8, 8, 0x0040000000000001n],
        [0xf4, 4, 0],
      ],
    ],
  ])('%s stores its fields, exchanges the PSWs and is done', (_row, irq, old, fields) => {
    const machine = make();
    inject(machine, irq);
    expect(delivered(machine)).toHaveLength(1);
    for (const [offset, size, value] of fields)
      expect([offset, valueAt(machine, offset, size)]).toEqual([offset, BigInt(value)]);
    expect([valueAt(machine, old, 8), valueAt(machine, old + 8, 8)]).toEqual([ALL, 0x1000n]);
    expect(machine.vm.vcpus.get(0)?.registers.psw).toEqual({ mask: MODE64, addr: BigInt(old + 0x80) });
    expect(machine.vm.floating).toBeUndefined();
  });

  it.each<[row: string, mask: bigint, crs: object, irq: Irq, passes: boolean]>([
    ['service: PSW', ALL & ~EXTERNAL, CRS, service(8), false],
    ['service: CR0 bit 54', ALL, { ...CRS, 0: 0xfdff }, service(8), false],
    ['service: CR0 bit 54 alone', EXTERNAL, { 0: 0x200 }, service(8), true],
    ['event: CR0 bit 54', ALL, { ...CRS, 0: 0xfdff }, service(1), false],
    ['virtio: PSW', ALL & ~EXTERNAL, CRS, { type: 'int_virtio' }, false],
    ['virtio: no bit of CR0', EXTERNAL, { 0: 0 }, { type: 'int_virtio' }, true],
    ['pfault done: PSW', ALL & ~EXTERNAL, CRS, { type: 'pfault_done' }, false],
    ['pfault done: no bit of CR0', EXTERNAL, { 0: 0 }, { type: 'pfault_done' }, true],
    ['I/O: PSW', ALL & ~IO, CRS, io(0), false],
    ['I/O: CR6, its subclass', IO, { 6: 0x80000000 }, io(0), true],
    ['I/O: CR6, another', IO, { 6: 0x80000000 }, io(1), false],
    ['I/O: CR6, the last', IO, { 6: 0x01000000 }, io(7), true],
    ['machine check: PSW', ALL & ~CHECKS, CRS, { type: 'mchk', parm: 0x10000000, parm64: 1 }, false],
    ['machine check: CR14', CHECKS, { 14: 0x10000000 }, { type: 'mchk', parm: 0x10000000, parm64: 1 }, true],
    ['machine check: CR14, another bit', CHECKS, { 14: 0xefffffff }, { type: 'mchk', parm: 0x10000000 }, false],
  ])('waits for its masks: %s', (_row, mask, crs, irq, passes) => {
    const machine = make(mask, { 0: 0, 6: 0, 14: 0, ...crs });
    inject(machine, irq);
    expect(delivered(machine)).toHaveLength(passes ? 1 : 0);
    expect(machine.vm.floating === undefined).toBe(passes);
  });

  it('goes to the vCPU that takes it', () => {
    const machine = make();
    machine.run({ type: 'set_registers', vcpu: 0, registers: { psw: { mask: MODE64, addr: 0 } } });
    inject(machine, io(3));
    expect(delivered(machine, 0)).toEqual([]);
    expect(types(delivered(machine, 1))).toEqual(['int_io']);
    expect(delivered(machine, 1)).toEqual([]);
  });

  it('comes in order of priority among local ones', () => {
    const machine = make(ALL, CRS, ALL);
    local(machine, { type: 'restart' });
    local(machine, { type: 'pfault_init' });
    local(machine, { type: 'int_cpu_timer' });
    local(machine, { type: 'program_int', code: 1 });
    inject(machine, io(7), io(0), { type: 'int_virtio' }, { type: 'pfault_done' }, service(0x2009));
    inject(machine, { type: 'mchk', parm: 0x10000000, parm64: 1 });
    const all = delivered(machine);
    expect(types(all)).toEqual([
      'program_int',
      'mchk',
      'int_cpu_timer',
      'int_service',
      'int_service',
      'pfault_init',
      'pfault_done',
      'int_virtio',
      'int_io',
      'int_io',
      'restart',
    ]);
    expect(all.filter(({ type }) => type === 'int_service').map(({ extParams }) => extParams)).toEqual([1, 0x2008]);
    expect(all.filter(({ type }) => type === 'int_io').map(({ ioIntWord }) => ioIntWord)).toEqual([0, 7 << 27]);
  });

  it('is first in, first out within one subclass', () => {
    const machine = make(ALL, CRS, ALL);
    inject(machine, io(3, 1), io(3, 2), io(2, 3));
    expect(delivered(machine).map(({ subchannelNr }) => subchannelNr)).toEqual([3, 1, 2]);
  });

  it('of an answer without a parameter is nothing, but it is done with', () => {
    const machine = make();
    inject(machine, service(0));
    expect(delivered(machine)).toEqual([]);
    expect(machine.vm.floating).toBeUndefined();
    expect(machine.vm.vcpus.get(0)?.registers.psw.addr).toBe(0x1000n);
  });

  it('shows a floating machine check together with a local one', () => {
    const machine = make(CHECKS, { 14: 0x08000000 });
    local(machine, { type: 'mchk', mcic: 1n << 55n, cr14: 0x08000000, extDamageCode: 5, failingStorageAddress: 6 });
    inject(machine, { type: 'mchk', parm: 0x10000000, parm64: 2 });
    expect(delivered(machine)).toMatchObject([{ mcic: (1n << 55n) | 2n, cr14: 0x18000000n, extDamageCode: 5 }]);
    expect(machine.vm.floating).toBeUndefined();
    expect(machine.vm.vcpus.get(0)?.pending).toEqual([]);
  });

  it('lets a floating machine check in with an exigent one whatever CR14 says, before program interruptions', () => {
    const machine = make(ALL, { ...CRS, 14: 0 }, ALL);
    local(machine, { type: 'program_int', code: 1 });
    local(machine, { type: 'mchk', mcic: 1n << 63n });
    inject(machine, { type: 'mchk', parm: 0x10000000, parm64: 2 });
    const all = delivered(machine);
    expect(types(all)).toEqual(['mchk', 'program_int']);
    expect(all[0]).toMatchObject({ mcic: (1n << 63n) | 2n });
  });

  it('is EFAULT and lost where the lowcore is not there', () => {
    const machine = make();
    machine.run({ type: 'set_registers', vcpu: 0, registers: { prefix: 0x200000 } });
    inject(machine, io(0));
    expect(run(machine).errno).toBe('EFAULT');
    expect(machine.vm.floating).toBeUndefined();
  });

  it('survives resets of vCPUs', () => {
    const machine = make();
    inject(machine, io(0));
    machine.run({ type: 'reset_vcpu', vcpu: 0, reset: 'clear' });
    expect(machine.vm.floating).toHaveLength(1);
  });
});

describe('a floating interruption of a protected VM', () => {
  const secure = (options: object = {}) =>
    make(ALL, CRS, ALL, options).fold(
      { type: 'vcpu_started', vcpu: 0 },
      { type: 'user_cpu_state_control_taken' },
      { type: 'protection_enabled' },
    );

  it('waits if it is the answer of a service call, until protection ends; events do not', () => {
    const machine = secure();
    inject(machine, service(0x2009));
    expect(delivered(machine)).toMatchObject([{ type: 'int_service', extParams: 1 }]);
    expect(delivered(machine)).toEqual([]);
    expect(machine.vm.floating).toEqual([{ type: 'int_service', extParams: 0x2008, sccb: true, event: false }]);
    machine.fold({ type: 'protection_disabled' });
    expect(types(delivered(machine))).toEqual(['int_service']);
  });

  it.each<[row: string, first: Irq, more: Irq[], each: string[][]]>([
    ['I/O, then I/O', service(1), [io(0), io(1)], [['int_service'], ['int_io'], ['int_io']]],
    ['a page fault that was resolved goes along', io(0), [{ type: 'pfault_done' }], [['pfault_done', 'int_io'], []]],
  ])('comes alone: %s', (_row, first, more, each) => {
    const machine = secure();
    inject(machine, first, ...more);
    expect(each.map(() => types(delivered(machine)))).toEqual(each);
  });

  it.each<[rules: number | undefined, first: string[]]>([
    [undefined, ['program_int']],
    [1, ['program_int', 'int_emergency']],
  ])('a program interruption takes the entry, under rules %s', (rules, first) => {
    const machine = secure(rules ? { rules } : {});
    local(machine, { type: 'program_int', code: 6 });
    local(machine, { type: 'int_emergency', code: 1 });
    expect(types(delivered(machine))).toEqual(first);
  });
});

describe('timer interruptions', () => {
  it.each<[type: string, rules: number | undefined, address: bigint]>([
    ['int_clock_comp', undefined, 0n],
    ['int_cpu_timer', undefined, 0n],
    ['int_clock_comp', 1, 0xffffn],
    ['int_cpu_timer', 1, 0xffffn],
  ])('%s, under rules %s, store as CPU address %s', (type, rules, address) => {
    const machine = make(ALL, CRS, MODE64, rules ? { rules } : {});
    loadDoublewords(machine.vm, PREFIX + 0x80n, 0xffffffffffffffffn);
    local(machine, { type });
    run(machine);
    expect(valueAt(machine, 0x84, 2)).toBe(address);
  });
});
