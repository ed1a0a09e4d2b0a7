import { MIB, Machine, type MachineOptions } from '../../support/machine.js';

const MODE_64 = 0x180000000n;
const MODE_31 = 0x80000000n;
const PROBLEM_STATE = 0x0001000000000000n;
const ALL = [8, 10, 14, 78];
const SK = 0x20000;
const CF = 0x10000;
const SIZE_1M = 0x1000;
const SIZE_2G = 0x2000;

/** 3 MiB from 0 on, which log, a prefix of 0x4000, and keys in use. */
const make = (mask = MODE_64, options: MachineOptions = { host: { facilities: ALL } }, crs: object = {}): Machine => {
  const machine = new Machine(options);
  machine.slot(0, 0n, 3n * MIB, ['log_dirty_pages']);
  machine.vcpu(0);
  machine.run({ type: 'set_registers', vcpu: 0, registers: { psw: { mask, addr: 0 }, prefix: 0x4000, crs } });
  return machine.fold({ type: 'skeys_enabled' });
};

const guest = (machine: Machine, instruction: string, operands: object) =>
  machine.run({ type: 's390_guest', vcpu: 0, instruction, ...operands });
const setKey = (machine: Machine, gaddr: number, key: number) =>
  machine.run({ type: 's390_keyop', op: 'sske', gaddr, key });
const keyAt = (machine: Machine, gaddr: number) => machine.run({ type: 's390_keyop', op: 'iske', gaddr }).reply['key'];
const load = (machine: Machine, gpa: number) =>
  machine.run({ type: 'write_memory', extents: [{ gpa, size: 1 }], data: '/w==' });
const byteAt = (machine: Machine, gpa: number) =>
  (machine.run({ type: 'read_memory', gpa, size: 1 }).reply['data'] as Uint8Array)[0];

describe('conditional SSKE (PoP, SSKE; handle_sske)', () => {
  it.each<[row: string, m3: number, before: number, given: number, reply: object, after: number]>([
    ['MR, all equal', 4, 0x36, 0x36, { cc: 0, key: 0x36 }, 0x36],
    ['MR, R differs', 4, 0x36, 0x32, { cc: 0, key: 0x36 }, 0x36],
    ['MR, C differs', 4, 0x36, 0x34, { cc: 1, key: 0x36 }, 0x34],
    ['MC, R differs', 2, 0x36, 0x32, { cc: 1, key: 0x36 }, 0x32],
    ['MC, C differs', 2, 0x36, 0x34, { cc: 0, key: 0x36 }, 0x36],
    ['MR and MC, R and C differ', 6, 0x36, 0x30, { cc: 0, key: 0x36 }, 0x36],
    ['MR and MC, ACC differs', 6, 0x36, 0x46, { cc: 1, key: 0x36 }, 0x46],
    ['MR and MC, F differs', 6, 0x36, 0x3e, { cc: 1, key: 0x36 }, 0x3e],
    ['neither: unconditional', 8, 0x36, 0x10, {}, 0x10],
  ])('%s', (_row, m3, before, given, reply, after) => {
    const machine = make();
    setKey(machine, 0x9000, before);
    const got = guest(machine, 'sske', { gaddr: 0x9000, key: given, m3 });
    expect([got.ret, got.reply]).toEqual([0, reply]);
    expect(keyAt(machine, 0x9000)).toBe(after);
  });

  it('takes a real address', () => {
    const machine = make();
    guest(machine, 'sske', { gaddr: 0x4000, key: 0x50, m3: 6 });
    expect([keyAt(machine, 0), keyAt(machine, 0x4000)]).toEqual([0x50, 0]);
  });

  it.each<[row: string, facilities: number[], m3: number, reply: object]>([
    ['10: MR and MC do not count', [8], 6, {}],
    ['8: MB does not count', [10], 7, { cc: 1, key: 0 }],
  ])('without facility %s', (_row, facilities, m3, reply) => {
    const machine = make(MODE_64, { host: { facilities } });
    expect(guest(machine, 'sske', { gaddr: 0x9000, key: 0x50, m3 }).reply).toEqual(reply);
    expect([keyAt(machine, 0x9000), keyAt(machine, 0xa000)]).toEqual([0x50, 0]);
  });

  it('brings keys into use, and compares with 0 then', () => {
    const machine = new Machine({ host: { facilities: ALL } });
    machine.slot(0, 0n, MIB);
    machine.vcpu(0);
    setKey(machine, 0x9000, 0x36);
    machine.run({ type: 'set_registers', vcpu: 0, registers: { psw: { mask: MODE_64, addr: 0 } } });
    expect(guest(machine, 'sske', { gaddr: 0x9000, key: 0x36, m3: 6 }).reply).toEqual({ cc: 1, key: 0 });
    expect(machine.vm.regions.skeys).toBe('on');
  });

  it.each<[row: string, mask: bigint, gaddr: number, ret: number]>([
    ['problem state', MODE_64 | PROBLEM_STATE, 0, 2],
    ['a page in no slot', MODE_64, 0x300000, 5],
  ])('%s', (_row, mask, gaddr, ret) => {
    expect(guest(make(mask), 'sske', { gaddr, key: 0x10, m3: 6 }).ret).toBe(ret);
  });
});

describe('SSKE of several frames', () => {
  it.each<[row: string, m3: number, mask: bigint, gaddr: number, reply: object]>([
    ['to the end of the segment', 1, MODE_64, 0x1fe123, { next: 0x200000n }],
    ['a whole segment', 1, MODE_64, 0x100000, { next: 0x200000n }],
    ['conditional: cc 3', 7, MODE_64, 0x1fe000, { next: 0x200000n, cc: 3 }],
    ['in 31-bit mode', 1, MODE_31, 0x1fe000, { next: 0x200000n }],
  ])('%s', (_row, m3, mask, gaddr, reply) => {
    const machine = make(mask);
    const got = guest(machine, 'sske', { gaddr, key: 0x50, m3 });
    expect([got.ret, got.reply]).toEqual([0, reply]);
    expect([0x1fd000, 0x1fe000, 0x1ff000, 0x200000].map((at) => keyAt(machine, at))).toEqual([
      gaddr === 0x100000 ? 0x50 : 0,
      0x50,
      0x50,
      0,
    ]);
  });

  it('takes an absolute address', () => {
    const machine = make();
    guest(machine, 'sske', { gaddr: 0, key: 0x50, m3: 1 });
    expect([keyAt(machine, 0), keyAt(machine, 0x4000)]).toEqual([0x50, 0x50]);
    guest(machine, 'sske', { gaddr: 0x5000, key: 0x60, m3: 1 });
    expect([keyAt(machine, 0x1000), keyAt(machine, 0x5000)]).toEqual([0x50, 0x60]);
  });

  it('keeps what it did before a page in no slot', () => {
    const machine = make();
    machine.slot(1, 0x400000n, 0x2000n);
    expect(guest(machine, 'sske', { gaddr: 0x400000, key: 0x50, m3: 1 }).ret).toBe(5);
    expect([keyAt(machine, 0x400000), keyAt(machine, 0x401000)]).toEqual([0x50, 0x50]);
  });

  it('compares each frame for itself', () => {
    const machine = make();
    setKey(machine, 0x1fe000, 0x56);
    guest(machine, 'sske', { gaddr: 0x1fe000, key: 0x50, m3: 7 });
    expect([keyAt(machine, 0x1fe000), keyAt(machine, 0x1ff000)]).toEqual([0x56, 0x50]);
  });
});

describe('PFMF (PoP, PFMF; handle_pfmf)', () => {
  it.each<
    [
      row: string,
      r1: number,
      options: MachineOptions | undefined,
      mask: bigint,
      crs: object,
      gaddr: number,
      ret: number,
    ]
  >([
    ['no facility 8', SK, { host: { facilities: [10] } }, MODE_64, {}, 0, 1],
    ['no facility 8, before problem state', SK, { host: { facilities: [] } }, MODE_64 | PROBLEM_STATE, {}, 0, 1],
    ['problem state', SK, undefined, MODE_64 | PROBLEM_STATE, {}, 0, 2],
    ['problem state before reserved bits', SK | 1, undefined, MODE_64 | PROBLEM_STATE, {}, 0, 2],
    ['reserved bit 63', SK | 1, undefined, MODE_64, {}, 0, 6],
    ['reserved bit 55', SK | 0x100, undefined, MODE_64, {}, 0, 6],
    ['reserved bit 32', 0x80000000, undefined, MODE_64, {}, 0, 6],
    ['reserved bit 45', 0x40000, undefined, MODE_64, {}, 0, 6],
    ['NQ without facility 14', SK | 0x800, { host: { facilities: [8] } }, MODE_64, {}, 0, 6],
    ['NQ', SK | 0x800, undefined, MODE_64, {}, 0x9000, 0],
    ['frame size 3', SK | 0x3000, undefined, MODE_64, {}, 0, 6],
    ['2 GiB without facility 78', SK | SIZE_2G, { host: { facilities: [8] } }, MODE_64, {}, 0, 6],
    ['2 GiB in 24-bit mode', SK | SIZE_2G, undefined, 0n, {}, 0, 6],
    ['low-address protection where it clears', CF, undefined, MODE_64, { 0: 0x10000000 }, 0x1000, 4],
    ['but not where it sets keys', SK, undefined, MODE_64, { 0: 0x10000000 }, 0x1000, 0],
    ['low-address protection before frame sizes', CF | 0x3000, undefined, MODE_64, { 0: 0x10000000 }, 0, 4],
    ['nothing to do', 0, undefined, MODE_64, {}, 0x7000000, 0],
    ['key of a page in no slot', SK, undefined, MODE_64, {}, 0x300000, 5],
    ['clearing of a page in no slot', CF, undefined, MODE_64, {}, 0x300000, 5],
  ])('%s', (_row, r1, options, mask, crs, gaddr, ret) => {
    expect(guest(make(mask, options, crs), 'pfmf', { gaddr, r1 }).ret).toBe(ret);
  });

  it('tells what low-address protection stopped', () => {
    const { reply } = guest(make(MODE_64, undefined, { 0: 0x10000000 }), 'pfmf', { gaddr: 0x1234, r1: CF });
    expect(reply).toMatchObject({ exception: { code: 4, transExcCode: 0x1480n, excAccessId: 0 } });
  });

  it.each<[row: string, r1: number, before: number, after: number]>([
    ['sets the key', SK | 0x50, 0x36, 0x50],
    ['sets R and C', SK | 0x56, 0x30, 0x56],
    ['MR and MC: leaves a key that is there', SK | 0x600 | 0x30, 0x36, 0x36],
    ['MR: sets one that is not', SK | 0x400 | 0x30, 0x36, 0x30],
    ['MR and MC without the setting of keys', 0x600 | 0x50, 0x36, 0x36],
  ])('%s', (_row, r1, before, after) => {
    const machine = make();
    setKey(machine, 0x9000, before);
    expect(guest(machine, 'pfmf', { gaddr: 0x9abc, r1 })).toMatchObject({ ret: 0, reply: {} });
    expect(keyAt(machine, 0x9000)).toBe(after);
  });

  it('clears one frame at a real address, as a store does', () => {
    const machine = make();
    for (const at of [0, 0x1000, 0x4000]) load(machine, at);
    expect(guest(machine, 'pfmf', { gaddr: 0x4000, r1: CF })).toMatchObject({ ret: 0, reply: {} });
    expect([0, 0x1000, 0x4000].map((at) => byteAt(machine, at))).toEqual([0, 255, 255]);
    expect([keyAt(machine, 0), keyAt(machine, 0x1000)]).toEqual([6, 0]);
    expect(machine.run({ type: 'get_dirty_log', slot: 0 }).reply['frames']).toEqual([0n]);
  });

  it('clears and sets keys of all frames up to the end of a segment', () => {
    const machine = make();
    for (const at of [0x1fd000, 0x1fe000, 0x1ff000, 0x200000]) load(machine, at);
    const got = guest(machine, 'pfmf', { gaddr: 0x1fe800, r1: SK | CF | SIZE_1M | 0x70 });
    expect([got.ret, got.reply]).toEqual([0, { next: 0x200000n }]);
    expect([0x1fd000, 0x1fe000, 0x1ff000, 0x200000].map((at) => [byteAt(machine, at), keyAt(machine, at)])).toEqual([
      [255, 0],
      [0, 0x70],
      [0, 0x70],
      [255, 0],
    ]);
  });

  it('of 2 GiB goes up to the first page in no slot', () => {
    const machine = make();
    load(machine, 0x2ff000);
    expect(guest(machine, 'pfmf', { gaddr: 0x1000, r1: SK | CF | SIZE_2G | 0x70 }).ret).toBe(5);
    expect([0, 0x1000, 0x2ff000].map((at) => [byteAt(machine, at), keyAt(machine, at)])).toEqual([
      [0, 0],
      [0, 0x70],
      [0, 0x70],
    ]);
  });

  it('of 2 GiB is done where a slot is as large', () => {
    const machine = make();
    machine.slot(1, 0x80000000n, 0x80000000n);
    const got = guest(machine, 'pfmf', { gaddr: 0x80000000, r1: SK | CF | SIZE_2G | 0x70 });
    expect([got.ret, got.reply]).toEqual([0, { next: 0x100000000n }]);
    expect(keyAt(machine, 0xfffff000)).toBe(0x70);
  });

  it.each<[mask: bigint, next: bigint]>([
    [MODE_64, 0x80000000n],
    [MODE_31, 0n],
  ])('answers the end in the addressing mode %s', (mask, next) => {
    expect(guest(make(mask), 'pfmf', { gaddr: 0x7ff00000, r1: SIZE_1M }).reply).toEqual({ next });
  });

  it('brings keys into use only where it sets them', () => {
    const machine = new Machine();
    machine.slot(0, 0n, MIB);
    machine.vcpu(0);
    guest(machine, 'pfmf', { gaddr: 0x9000, r1: CF });
    expect(machine.vm.regions.skeys).toBe('off');
    guest(machine, 'pfmf', { gaddr: 0x9000, r1: SK });
    expect(machine.vm.regions.skeys).toBe('on');
  });

  it('on a UCONTROL VM goes through the mappings of the vCPU', () => {
    const machine = new Machine({ vmType: 'ucontrol' });
    machine.vcpu(0);
    expect(guest(machine, 'pfmf', { gaddr: 0x1000, r1: SK }).errno).toBe('EREMOTE');
    machine.run({ type: 'ucas_map', vcpu: 0, mapping: { userAddr: 0x300000, vcpuAddr: 0, length: 0x100000 } });
    expect(guest(machine, 'pfmf', { gaddr: 0x1000, r1: SK | 0x70 }).ret).toBe(0);
    expect(keyAt(machine, 0x301000)).toBe(0x70);
    expect(guest(machine, 'pfmf', { gaddr: 0x1000, r1: CF }).errno).toBe('EFAULT');
  });
});
