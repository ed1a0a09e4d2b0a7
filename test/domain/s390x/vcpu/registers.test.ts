import { Machine } from '../../support/machine.js';

const machine = (): Machine => {
  const made = new Machine();
  made.vcpu(0);
  made.vcpu(1);
  return made;
};

const set = (made: Machine, vcpu: number, registers: object) => made.run({ type: 'set_registers', vcpu, registers });
const registersOf = (made: Machine, vcpu = 0) => made.vm.vcpus.get(vcpu)?.registers;

describe('a change of registers', () => {
  it('is ENOENT on a vCPU that does not exist', () => {
    expect(set(new Machine(), 0, {}).errno).toBe('ENOENT');
    expect(set(machine(), 2, { fpc: 1 })).toMatchObject({ errno: 'ENOENT', events: [] });
  });

  it.each<[name: string, value: unknown, expected: unknown]>([
    ['psw', { mask: '0x180000000', addr: '0x1000' }, { mask: 0x180000000n, addr: 0x1000n }],
    ['prefix', 0x2000, 0x2000],
    ['fpc', '0x1', 1],
    ['todpr', 7, 7],
    ['cpuTimer', '0xffffffffffffffff', (1n << 64n) - 1n],
    ['clockComparator', 5, 5n],
    ['pp', 5, 5n],
    ['gbea', 5, 5n],
    ['pftoken', 5, 5n],
    ['pfcompare', 5, 5n],
    ['pfselect', 5, 5n],
    ['epochdiff', 5, 5n],
  ])('sets %s and nothing else, at once', (name, value, expected) => {
    const made = machine();
    const before = registersOf(made);
    expect(set(made, 0, { [name]: value })).toMatchObject({ ret: 0, reply: {}, events: [{ type: 'registers_set' }] });
    expect(registersOf(made)).toEqual({ ...before, [name]: expected });
    expect(registersOf(made, 1)).toEqual(before);
  });

  it('takes arrays whole or by index', () => {
    const made = machine();
    set(made, 0, {
      gprs: Array.from({ length: 16 }, (_, i) => i),
      crs: { '1': '0x18000f', '15': 3 },
      acrs: { '2': 9 },
    });
    const registers = registersOf(made);
    expect(registers?.gprs).toEqual(Array.from({ length: 16 }, (_, i) => BigInt(i)));
    expect([registers?.crs[0], registers?.crs[1], registers?.crs[15]]).toEqual([0n, 0x18000fn, 3n]);
    expect([registers?.acrs[1], registers?.acrs[2]]).toEqual([0, 9]);
    set(made, 0, { gprs: { '3': 0 } });
    expect(registersOf(made)?.gprs.slice(2, 5)).toEqual([2n, 0n, 4n]);
  });

  it('takes either half of the PSW alone', () => {
    const made = machine();
    set(made, 0, { psw: { mask: '0x180000000', addr: '0x1000' } });
    set(made, 0, { psw: { addr: '0x2000' } });
    expect(registersOf(made)?.psw).toEqual({ mask: 0x180000000n, addr: 0x2000n });
    set(made, 0, { psw: { mask: 0 } });
    expect(registersOf(made)?.psw).toEqual({ mask: 0n, addr: 0x2000n });
    set(made, 0, { psw: {} });
    expect(registersOf(made)?.psw).toEqual({ mask: 0n, addr: 0x2000n });
  });

  it('keeps only the bits of the prefix that exist', () => {
    const made = machine();
    set(made, 0, { prefix: '0xffffffff' });
    expect(registersOf(made)?.prefix).toBe(0x7fffe000);
  });
});
