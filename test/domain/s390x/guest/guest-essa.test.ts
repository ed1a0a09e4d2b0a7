import { MIB, Machine, type MachineOptions, U64_MAX } from '../../support/machine.js';

const PROBLEM_STATE = 0x0001000180000000n;

const essa = (made: Machine, orc: number, gaddr = 0x5000n) =>
  made.run({ type: 's390_guest', vcpu: 0, instruction: 'essa', gaddr, orc });

const set = (made: Machine, byte: number) =>
  made.run({ type: 's390_set_cmma_bits', startGfn: 5, count: 1, mask: U64_MAX, data: Uint8Array.of(byte) });

const byteOf = (made: Machine): unknown => {
  const { reply } = made.run({ type: 's390_get_cmma_bits', startGfn: 5, count: 1, flags: ['peek'] });
  return [...(reply['values'] as Uint8Array)][0];
};

const machine = (options: MachineOptions = {}, cmma = true): Machine => {
  const made = new Machine(options);
  made.slot(0, 0n, MIB, ['log_dirty_pages']);
  if (cmma) made.fold({ type: 'cmma_enabled' });
  made.vcpu(0);
  return made;
};

const access = (made: Machine, op: string): Machine => {
  expect(made.answer({ type: 's390_mem_op', op, gaddr: '0x5fff', size: 1, data: 'AA==' })).toBe(0);
  return made;
};

const resident = (made: Machine): Machine => access(made, 'absolute_write');

const contentOf = ({ reply }: { reply: Readonly<Record<string, unknown>> }): number => Number(reply['result']) & 3;

const loaded = (made: Machine, data: string): Machine => {
  made.run({ type: 'write_memory', extents: [{ gpa: '0x5fff', size: 1 }], data });
  return made;
};

const migrating = (made: Machine): Machine => made.fold({ type: 'migration_started' });

describe('ESSA is refused', () => {
  const problem = { psw: { mask: PROBLEM_STATE, addr: 0n } };
  it.each<[row: string, machine: Machine, orc: number, code: number, name: string]>([
    ['use_cmma = 0', machine({}, false), 0, 0x01, 'operation'],
    [
      'use_cmma = 0 in problem state',
      machine({}, false).fold({ type: 'registers_set', vcpu: 0, registers: problem }),
      9,
      0x01,
      'operation',
    ],
    [
      'problem state, before the ORC',
      machine().fold({ type: 'registers_set', vcpu: 0, registers: problem }),
      9,
      0x02,
      'privileged_operation',
    ],
    ['ORC 8', machine(), 8, 0x06, 'specification'],
    ['ORC 15', migrating(machine()), 15, 0x06, 'specification'],
    ['ORC 7 without facility 147', machine({ host: { facilities: [8, 78] } }), 7, 0x06, 'specification'],
  ])('row %s', (_row, made, orc, code, name) => {
    expect(essa(made, orc)).toEqual({ ret: code, reply: { exception: { code, name } }, events: [] });
    expect(made.vm.regions.cmm).toBe('unused');
  });

  it('with ORC 7 only where the facility is not', () => {
    expect(essa(machine({ host: { facilities: [147] } }), 7).ret).toBe(0);
  });
});

describe.each(['documented', 'kernel'] as const)('ESSA, %s', (semantics) => {
  describe.each([
    ['outside migration mode', (made: Machine) => made],
    ['in migration mode', migrating],
  ])('%s', (_mode, enter) => {
    it.each<[row: string, orc: number, before: number, resident: number, otherwise: number]>([
      ['0 extract', 0, 0x42, 0x42, 0x42],
      ['1 stable', 1, 0x43, 0x00, 0x00],
      ['2 unused', 2, 0x40, 0x41, 0x41],
      ['3 volatile', 3, 0x00, 0x03, 0x03],
      ['4 potentially volatile', 4, 0x40, 0x42, 0x43],
      ['5 stable and resident', 5, 0x43, 0x40, 0x40],
      ['6 stable if resident', 6, 0x43, 0x40, 0x43],
      ['7 stable, NODAT', 7, 0x03, 0x40, 0x40],
    ])('ORC %s', (_row, orc, before, whenResident, otherwise) => {
      for (const [prepare, content, after] of [
        [resident, 0, whenResident],
        [(made: Machine) => made, (before & 1) === 1 ? 3 : 2, otherwise],
      ] as const) {
        const made = enter(prepare(machine({ semantics })));
        set(made, before);
        const result = ((before & 0x40) >> 1) | ((before & 3) << 2) | content;
        expect(essa(made, orc)).toMatchObject({ ret: 0, reply: { result } });
        expect(byteOf(made)).toBe(after);
      }
    });

    it('a page in no slot has the exception bit, and no state', () => {
      for (const gaddr of [MIB, U64_MAX]) {
        const made = enter(machine({ semantics }));
        expect(essa(made, 1, gaddr)).toMatchObject({ ret: 0, reply: { result: 0x10 } });
        expect(made.vm.cmmaDirtyPages).toBe(made.vm.regions.migration === 'on' ? 256 : undefined);
      }
    });
  });

  it('means that the guest uses CMM, outside migration mode alone', () => {
    const outside = machine({ semantics });
    essa(outside, 0);
    expect(outside.vm.regions.cmm).toBe('used');
    const inside = migrating(machine({ semantics }));
    essa(inside, 1);
    expect(inside.vm.regions.cmm).toBe('unused');
  });

  it('makes the page wait to be collected in migration mode, but not by extract', () => {
    const made = migrating(machine({ semantics }).fold({ type: 'cmm_used' }));
    made.run({ type: 's390_get_cmma_bits', startGfn: 0, count: 256 });
    expect(made.vm.cmmaDirtyPages).toBeUndefined();
    essa(made, 0);
    expect(made.vm.cmmaDirtyPages).toBeUndefined();
    essa(made, 1);
    expect(made.vm.cmmaDirtyPages).toBe(1);
    essa(made, 1, 0x5800n);
    expect(made.vm.cmmaDirtyPages).toBe(1);
  });

  it('outside migration mode makes nothing wait', () => {
    const made = machine({ semantics });
    essa(made, 2);
    expect(made.vm.cmmaDirtyPages).toBeUndefined();
  });
});

describe('the content of a page', () => {
  it.each<[row: string, prepare: (made: Machine) => Machine, content: number]>([
    ['never accessed', (made) => made, 2],
    ['with bytes that only the VMM wrote', (made) => loaded(made, 'AQ=='), 2],
    ['written', (made) => access(made, 'absolute_write'), 0],
    ['read, all zeros', (made) => access(made, 'absolute_read'), 0],
  ])('%s: %#', (_row, prepare, content) => {
    expect(contentOf(essa(prepare(machine()), 0))).toBe(content);
  });

  it.each<[what: string, orc: number, content: number]>([
    ['unused', 2, 3],
    ['volatile', 3, 3],
    ['potentially volatile', 4, 3],
    ['stable', 1, 2],
  ])('is logically zero once an unmapped page was discarded: %s', (_what, orc, content) => {
    const made = machine();
    expect(contentOf(essa(made, orc))).toBe(2);
    expect(contentOf(essa(made, 1))).toBe(content);
    expect(contentOf(essa(made, 0))).toBe(2);
  });

  it('is what it was for a page that is mapped, whatever becomes of its state', () => {
    const made = resident(machine());
    expect([2, 3, 4, 0].map((orc) => contentOf(essa(made, orc)))).toEqual([0, 0, 0, 0]);
  });

  it('keeps an unmapped page whose key the guest gave the change bit from becoming volatile', () => {
    const made = machine();
    made.run({ type: 's390_keyop', op: 'sske', gaddr: '0x5000', key: 2 });
    essa(made, 4);
    expect(byteOf(made)).toBe(0);
    expect(contentOf(essa(made, 0))).toBe(2);
    essa(made, 2);
    essa(made, 4);
    expect(byteOf(made)).toBe(3);
  });

  it.each<[what: string, prepare: (made: Machine) => Machine, content: number, after: number]>([
    ['zeros that were written', (made) => access(made, 'absolute_write'), 3, 3],
    ['bytes of the VMM', (made) => loaded(made, 'AQ=='), 0, 2],
  ])('is told by bytes alone before the rules were changed: %s', (_what, prepare, content, after) => {
    const made = prepare(machine({ rules: 2 }));
    expect(contentOf(essa(made, 4))).toBe(content);
    expect(byteOf(made)).toBe(after);
  });
});
