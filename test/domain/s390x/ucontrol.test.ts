import { Machine, MIB, U64_MAX } from '../support/machine.js';

/** The end of the internal slot: user space in whole segments. */
const END = (1n << 64n) - MIB;
const DAT = '0x0400000180000000';
const AR_MODE = '0x0400400180000000';
const LAP = '0x10000000';

interface Registers {
  readonly psw?: { readonly mask: string; readonly addr: number };
  readonly crs?: Readonly<Record<string, string>>;
  readonly acrs?: Readonly<Record<string, string>>;
}

function ucontrol(registers: Registers = {}, options: object = {}): Machine {
  const machine = new Machine({ vmType: 'ucontrol', ...options });
  machine.vcpu(0);
  machine.run({ type: 'set_registers', vcpu: 0, registers: { psw: { mask: '0x180000000', addr: 0 }, ...registers } });
  return machine;
}

const vmOp = (op: string, more: object = {}) => ({ type: 's390_mem_op', op, gaddr: 0, size: 8, ...more });
const vcpuOp = (op: string, more: object = {}) => ({ ...vmOp(op, more), vcpu: 0 });
const EIGHT = 'AAAAAAAAAAA=';
const exchange = (more: object = {}) => vmOp('absolute_cmpxchg', { data: EIGHT, oldData: EIGHT, ...more });

describe('memory operations on a UCONTROL VM', () => {
  it.each<[row: string, op: object, expected: unknown]>([
    ['A3: check-only passes the slot check', vmOp('absolute_read', { flags: ['check_only'] }), 0],
    ['A3: and the last byte of the internal slot', vmOp('absolute_read', { gaddr: END - 8n, flags: 1 }), 0],
    ['A3: beyond it', vmOp('absolute_read', { gaddr: END, flags: 1 }), 5],
    ['A3: over its end', vmOp('absolute_read', { gaddr: END - 4n, flags: 1 }), 5],
    ['A3: a store with another key', vmOp('absolute_write', { flags: 5, key: 1 }), 4],
    ['A3: a fetch with another key', vmOp('absolute_read', { flags: 5, key: 1 }), 0],
    ['A1 before: size 0', vmOp('absolute_read', { size: 0 }), 'EINVAL'],
    ['A1 before: size', vmOp('absolute_read', { size: 65537 }), 'E2BIG'],
    ['A1 before: key', vmOp('absolute_read', { flags: 4, key: 16 }), 'EINVAL'],
    ['A4: no buffer', vmOp('absolute_write'), 'EFAULT'],
    ['A5: read', vmOp('absolute_read'), 'EFAULT'],
    ['A5: write', vmOp('absolute_write', { data: EIGHT }), 'EFAULT'],
    ['A5: write, another key', vmOp('absolute_write', { data: EIGHT, flags: 4, key: 1 }), 'EFAULT'],
    ['A5: beyond the internal slot', vmOp('absolute_read', { gaddr: END }), 5],
    ['A5: over its end', vmOp('absolute_read', { gaddr: END - 4n }), 'EFAULT'],
    ['C1', exchange({ flags: 1 }), 'EINVAL'],
    ['C2', exchange({ size: 17 }), 'EINVAL'],
    ['C5', exchange({ gaddr: 4 }), 'EINVAL'],
    ['C6: beyond the internal slot', exchange({ gaddr: END }), 5],
    ['C7', exchange(), 'EFAULT'],
    ['C7 before C8', exchange({ size: 3, data: 'AAAA', oldData: 'AAAA' }), 'EFAULT'],
    ['C7 before C9', exchange({ flags: 4, key: 1 }), 'EFAULT'],
    ['an unknown operation', vmOp('logical_read'), 'EINVAL'],
  ])('on the VM, %s', (_row, op, expected) => {
    expect(ucontrol().answer(op as never)).toBe(expected);
  });

  it.each<[row: string, registers: Registers, op: object, expected: unknown]>([
    ['L1: size 0', {}, vcpuOp('logical_read', { size: 0 }), 'EINVAL'],
    ['L1: size', {}, vcpuOp('logical_read', { size: 65537 }), 'E2BIG'],
    ['L2: ar 16', {}, vcpuOp('logical_read', { ar: 16 }), 'EINVAL'],
    ['L5a: DAT off', {}, vcpuOp('logical_read', { flags: 1 }), 0],
    ['L5a: DAT off, a store with another key', {}, vcpuOp('logical_write', { flags: 5, key: 1 }), 4],
    ['L5a: DAT off, beyond the internal slot', {}, vcpuOp('logical_read', { gaddr: END, flags: 1 }), 5],
    ['L5a: DAT on', { psw: { mask: DAT, addr: 0 } }, vcpuOp('logical_read', { flags: 1 }), 'EFAULT'],
    ['L5b: DAT off', {}, vcpuOp('logical_read'), 'EFAULT'],
    ['L5b: DAT off, another key', {}, vcpuOp('logical_read', { flags: 4, key: 1 }), 'EFAULT'],
    ['L5b: pass 1 of every page first', {}, vcpuOp('logical_read', { gaddr: END - 4n }), 5],
    ['L5c: no buffer', {}, vcpuOp('logical_write'), 'EFAULT'],
    ['L5c: low-address protection', { crs: { 0: LAP } }, vcpuOp('logical_write', { data: EIGHT }), 4],
    ['DAT on: ASCE type', { psw: { mask: DAT, addr: 0 } }, vcpuOp('logical_read', { gaddr: '0x80000000' }), 0x38],
    ['DAT on: table length', { psw: { mask: DAT, addr: 0 } }, vcpuOp('logical_read', { gaddr: '0x20000000' }), 0x10],
    ['DAT on: the table', { psw: { mask: DAT, addr: 0 } }, vcpuOp('logical_read'), 'EFAULT'],
    [
      'DAT on: a table beyond the internal slot',
      { psw: { mask: DAT, addr: 0 }, crs: { 1: `0x${END.toString(16)}` } },
      vcpuOp('logical_read'),
      5,
    ],
    [
      'DAT on: a real space',
      { psw: { mask: DAT, addr: 0 }, crs: { 1: '0x20' } },
      vcpuOp('logical_read', { flags: 1 }),
      0,
    ],
    [
      'AR mode: reserved bits of the ALET',
      { psw: { mask: AR_MODE, addr: 0 }, acrs: { 1: '0x80000000' } },
      vcpuOp('logical_read', { ar: 1 }),
      0x28,
    ],
    [
      'AR mode: the access-list designation',
      { psw: { mask: AR_MODE, addr: 0 }, acrs: { 1: '0x2' } },
      vcpuOp('logical_read', { ar: 1 }),
      'EFAULT',
    ],
  ])('on a vCPU, %s', (_row, registers, op, expected) => {
    expect(ucontrol(registers).answer(op as never)).toBe(expected);
  });

  it('inject nothing where the host fails', () => {
    const machine = ucontrol();
    expect(machine.answer(vcpuOp('logical_read', { flags: ['inject_exception'] }))).toBe('EFAULT');
    expect(machine.vm.vcpus.get(0)?.pending).toEqual([]);
  });

  it('of an exchange that the host fails answer the old value as it was given', () => {
    const { reply } = ucontrol().run(exchange({ oldData: 'AQIDBAUGBwg=' }));
    expect(reply).toEqual({ swapped: false, oldData: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) });
  });

  it('see the keys that the guest addresses have through their UCAS mappings', () => {
    const machine = ucontrol();
    machine.answer({ type: 's390_keyop', op: 'sske', gaddr: 0x300000, key: 0x38 });
    const fetch = vcpuOp('logical_read', { gaddr: 0x100000, flags: 5, key: 1 });
    expect(machine.answer(fetch)).toBe(0);
    const mapping = { userAddr: 0x300000, vcpuAddr: 0x100000, length: 0x100000 };
    expect(machine.answer({ type: 'ucas_map', vcpu: 0, mapping })).toBe(0);
    expect(machine.answer(fetch)).toBe(4);
    expect(machine.answer(vmOp('absolute_read', { gaddr: 0x300000, flags: 5, key: 1 }))).toBe(4);
  });

  it('were addressing exceptions under the first rules, and still are for VMs of that time', () => {
    const old = ucontrol({}, { rules: 1 });
    expect(old.answer(vmOp('absolute_read'))).toBe(5);
    expect(old.answer(vmOp('absolute_read', { flags: 1 }))).toBe(5);
    expect(old.answer(vcpuOp('logical_read'))).toBe(5);
    expect(old.answer({ type: 's390_keyop', op: 'iske', gaddr: 0 })).toBe('EFAULT');
  });
});

describe('translation on a UCONTROL VM', () => {
  it.each<[row: string, registers: Registers, body: object, expected: object]>([
    ['DAT off', {}, { gaddr: '0x12345' }, { ret: 0, reply: { absolute: 0x12345n, pageSize: 4096 } }],
    ['DAT off, beyond the internal slot', {}, { gaddr: `0x${U64_MAX.toString(16)}` }, { ret: 5 }],
    ['DAT on', { psw: { mask: DAT, addr: 0 } }, { gaddr: 0 }, { errno: 'EFAULT' }],
    ['an access register that there is not', {}, { gaddr: 0, ar: 16 }, { errno: 'EINVAL' }],
  ])('%s', (_row, registers, body, expected) => {
    expect(ucontrol(registers).run({ type: 'translate', vcpu: 0, ...body })).toMatchObject(expected);
  });

  it('in a batch refuses its item alone', () => {
    const machine = ucontrol({ psw: { mask: DAT, addr: 0 } });
    const ops = [{ gaddr: 0 }, { gaddr: '0x80000000' }];
    expect(machine.run({ type: 'translate_batch', vcpu: 0, ops }).reply['results']).toMatchObject([
      { ret: -14, errno: 'EFAULT' },
      { ret: 0x38 },
    ]);
  });
});

describe('keys and CMMA states on a UCONTROL VM', () => {
  const skeys = (machine: Machine, more: object) => machine.answer({ type: 's390_set_skeys', ...more });
  it('are there over the whole internal slot', () => {
    const machine = ucontrol();
    expect(machine.run({ type: 's390_keyop', op: 'sske', gaddr: 0x5000, key: 0xff }).reply).toEqual({ key: 0 });
    expect(machine.run({ type: 's390_keyop', op: 'iske', gaddr: 0x5000 }).reply).toEqual({ key: 0xfe });
    expect(skeys(machine, { startGfn: (END >> 12n) - 1n, count: 1, data: 'EA==' })).toBe(0);
    expect(skeys(machine, { startGfn: (END >> 12n) - 1n, count: 2, data: 'EBA=' })).toBe('EFAULT');
    expect(skeys(machine, { startGfn: U64_MAX, count: 1, data: 'EA==' })).toBe('EFAULT');
    const get = (startGfn: bigint) => machine.run({ type: 's390_get_skeys', startGfn, count: 1 });
    expect(get((END >> 12n) - 1n).reply).toEqual({ keys: Uint8Array.of(0x10) });
    expect(get(END >> 12n).errno).toBe('EFAULT');
    expect(machine.answer({ type: 's390_keyop', op: 'iske', gaddr: END })).toBe('EFAULT');
  });

  it('CMMA states can be set and peeked at', () => {
    const machine = new Machine({ vmType: 'ucontrol' });
    expect(machine.set('mem_ctrl', 'enable_cmma')).toBe(0);
    const set = { type: 's390_set_cmma_bits', startGfn: 3, count: 1, mask: U64_MAX, data: 'QQ==' };
    expect(machine.answer(set)).toBe(0);
    const peek = { type: 's390_get_cmma_bits', startGfn: 2, count: 2, flags: ['peek'] };
    expect(machine.run(peek).reply).toMatchObject({ count: 2, values: Uint8Array.of(0, 0x41) });
  });
});

describe('what the guest of a UCONTROL VM does', () => {
  const mapping = { userAddr: 0x300000, vcpuAddr: 0x100000, length: 0x100000 };
  const EXIT = { errno: 'EREMOTE', reply: { exitReason: 's390_ucontrol', pgmCode: 0x10 } };
  it.each<[row: string, registers: Registers, what: object, expected: object]>([
    ['a load of a segment that is not mapped', {}, { instruction: 'load', gaddr: 5, size: 1 }, EXIT],
    ['a load of one that is', {}, { instruction: 'load', gaddr: 0x100005, size: 1 }, { errno: 'EFAULT' }],
    ['a store to a segment that is not mapped', {}, { instruction: 'store', gaddr: 5, data: 'AA==' }, EXIT],
    ['a store to one that is', {}, { instruction: 'store', gaddr: 0x100005, data: 'AA==' }, { errno: 'EFAULT' }],
    ['a protected store', { crs: { 0: LAP } }, { instruction: 'store', gaddr: 5, data: 'AA==' }, { ret: 4 }],
    [
      'a load through a table in a mapped segment',
      { psw: { mask: DAT, addr: 0 }, crs: { 1: '0x100000' } },
      { instruction: 'load', gaddr: 0, size: 1 },
      { errno: 'EFAULT' },
    ],
    ['ISKE of a page that is not mapped', {}, { instruction: 'iske', gaddr: 0 }, EXIT],
    ['ISKE of one that is', {}, { instruction: 'iske', gaddr: 0x100000 }, { ret: 0, reply: { key: 0x38 } }],
    ['TPROT with DAT off', {}, { instruction: 'tprot', gaddr: 0, key: 0 }, { ret: 0, reply: { cc: 0 } }],
    ['TPROT of a key', {}, { instruction: 'tprot', gaddr: 0x100000, key: 1 }, { ret: 0, reply: { cc: 2 } }],
    [
      'TPROT with DAT on',
      { psw: { mask: DAT, addr: 0 } },
      { instruction: 'tprot', gaddr: 0, key: 0 },
      { errno: 'EFAULT' },
    ],
    ['SPX', {}, { instruction: 'spx', prefix: 0x2000 }, { ret: 0 }],
  ])('%s', (_row, registers, what, expected) => {
    const machine = ucontrol(registers);
    machine.answer({ type: 's390_keyop', op: 'sske', gaddr: 0x300000, key: 0x38 });
    machine.answer({ type: 's390_set_skeys', startGfn: 0x300, count: 1, data: 'OA==' });
    machine.answer({ type: 'ucas_map', vcpu: 0, mapping });
    expect(machine.run({ type: 's390_guest', vcpu: 0, ...what })).toMatchObject(expected);
  });

  it('ESSA finds a page where a segment is mapped, and the exception bit elsewhere', () => {
    const machine = new Machine({ vmType: 'ucontrol' });
    machine.set('mem_ctrl', 'enable_cmma');
    machine.vcpu(0);
    machine.answer({ type: 'ucas_map', vcpu: 0, mapping });
    const essa = (gaddr: number) =>
      machine.run({ type: 's390_guest', vcpu: 0, instruction: 'essa', gaddr, orc: 2 }).reply;
    expect(essa(0)).toEqual({ result: 0x10 });
    expect(essa(0x100000)).toEqual({ result: 2 });
    const peek = { type: 's390_get_cmma_bits', startGfn: 0x300, count: 1, flags: ['peek'] };
    expect(machine.run(peek).reply).toMatchObject({ values: Uint8Array.of(1) });
  });
});
