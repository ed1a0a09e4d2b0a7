import { asAbsolute, fragments } from '../../../src/domain/memory/address.js';
import type { S390xRegisterFile } from '../../../src/domain/s390x/vcpu/vcpu.js';
import { floatsOf, vectorsOf } from '../../../src/domain/s390x/vcpu/vector-registers.js';
import { loadDoublewords } from '../support/s390x-vm.js';
import { MIB, Machine } from '../support/machine.js';

const RICCB = '12'.repeat(64);
const STATE = {
  vrs: { 0: '0x00112233445566778899aabbccddeeff', 31: 31 },
  gscb: { gsd: 1, gssm: 2, gsEpl: 3 },
  riccb: RICCB,
  bpbc: true,
  etoken: 4,
  etokenExtension: 5,
  fpc: 6,
};

const make = (registers: object = STATE, options: object = {}, caps: string[] = []): Machine => {
  const machine = new Machine(options);
  machine.slot(0, 0n, MIB);
  for (const cap of caps) machine.run({ type: 'enable_cap', cap });
  machine.vcpu(0);
  machine.run({ type: 'set_registers', vcpu: 0, registers });
  return machine;
};

const registersOf = ({ vm }: Machine): S390xRegisterFile => {
  const vcpu = vm.vcpus.get(0);
  if (vcpu === undefined) throw new Error('no vCPU');
  return vcpu.registers;
};
const bytesAt = ({ vm }: Machine, at: number, size: number): string =>
  Buffer.from(vm.memory.read(fragments(asAbsolute(BigInt(at)), size))).toString('hex');

describe('state beside the general registers', () => {
  it('is absent until it is set', () => {
    const file = registersOf(make({ gprs: { 0: 1 } }));
    for (const name of ['vrs', 'gscb', 'riccb', 'bpbc', 'etoken', 'etokenExtension'])
      expect(file).not.toHaveProperty(name);
    expect(floatsOf(file)).toEqual(new Array(16).fill(0n));
  });

  it.each<[row: string, changes: object[], number: number, vector: bigint]>([
    ['a vector register', [{ vrs: { 3: 7 } }], 3, 7n],
    ['the left half by its floating-point register', [{ fprs: { 3: 7 } }], 3, 7n << 64n],
    ['which leaves the right half', [{ vrs: { 3: '0x10000000000000002' } }, { fprs: { 3: 9 } }], 3, (9n << 64n) | 2n],
    ['also in one call', [{ vrs: { 3: 5 }, fprs: { 3: 9 } }], 3, (9n << 64n) | 5n],
    ['all floating-point registers', [{ fprs: Array.from({ length: 16 }, (_, i) => i) }], 15, 15n << 64n],
    ['all vector registers', [{ vrs: Array.from({ length: 32 }, (_, i) => i) }], 31, 31n],
  ])('%s can be set', (_row, changes, number, vector) => {
    const machine = make(changes[0]);
    for (const registers of changes.slice(1)) machine.run({ type: 'set_registers', vcpu: 0, registers });
    expect(vectorsOf(registersOf(machine))[number]).toBe(vector);
  });

  it.each<[row: string, host: object, registers: object, expected: unknown]>([
    ['vector registers without the vector facility', { facilities: [] }, { vrs: { 0: 1 } }, 'EINVAL'],
    ['floating-point registers without it', { facilities: [] }, { fprs: { 0: 1 } }, 0],
    ['vector registers', { facilities: [129] }, { vrs: { 0: 1 } }, 0],
  ])('%s: %s', (_row, host, registers, expected) => {
    expect(make({}, { host }).answer({ type: 'set_registers', vcpu: 0, registers })).toBe(expected);
  });

  it.each<[facilities: number[], expected: boolean | undefined]>([
    [[82], true],
    [[], undefined],
  ])('branch-prediction control with facilities %j is %s', (facilities, expected) => {
    expect(registersOf(make({ bpbc: true }, { host: { facilities } })).bpbc).toBe(expected);
  });

  const after = (reset: string): S390xRegisterFile => {
    const machine = make();
    machine.run({ type: 'reset_vcpu', vcpu: 0, reset });
    return registersOf(machine);
  };

  it.each<[item: string, name: keyof S390xRegisterFile, kept: string[], cleared: string[]]>([
    ['RI control block', 'riccb', [], ['normal', 'initial', 'clear']],
    ['branch-prediction control', 'bpbc', ['normal'], ['initial', 'clear']],
    ['vector/FP registers', 'vrs', ['normal', 'initial'], ['clear']],
    ['guarded-storage block', 'gscb', ['normal', 'initial'], ['clear']],
    ['etoken', 'etoken', ['normal', 'initial'], ['clear']],
    ['etoken extension', 'etokenExtension', ['normal', 'initial'], ['clear']],
  ])('section 4, %s', (_item, name, kept, cleared) => {
    const before = registersOf(make())[name];
    for (const reset of kept) expect([reset, after(reset)[name]]).toEqual([reset, before]);
    for (const reset of cleared) expect([reset, after(reset)[name]]).toEqual([reset, undefined]);
  });

  it('section 4, FPC', () => {
    expect(['normal', 'initial', 'clear'].map((reset) => after(reset).fpc)).toEqual([6, 0, 0]);
  });

  it('store status saves the floating-point registers', () => {
    const machine = make();
    expect(machine.answer({ type: 'store_status', vcpu: 0, addr: 0x2000 })).toBe(0);
    expect(bytesAt(machine, 0x2000, 16)).toBe('00112233445566770000000000000000');
  });
});

describe('a machine check', () => {
  const VR = 1n << 38n;
  const GS = 1n << 27n;
  const MCIC = (1n << 63n) | VR | GS;
  const AREA = 0x10000;
  const CAPS = ['s390_vector_registers', 's390_gs'];

  function checked(designation: bigint, caps = CAPS, options: object = {}, mcic = MCIC): Machine {
    const machine = make(STATE, options, caps);
    loadDoublewords(machine.vm, 0x11b0n, designation);
    machine.run({ type: 'set_registers', vcpu: 0, registers: { psw: { mask: 1n << 50n, addr: 0 } } });
    machine.run({ type: 'inject_irq', vcpu: 0, irq: { type: 'mchk', mcic } });
    expect(machine.run({ type: 'run_vcpu', vcpu: 0 }).ret).toBe(0);
    return machine;
  }
  const mcicOf = (machine: Machine): bigint => BigInt(`0x${bytesAt(machine, 0xe8, 8)}`);
  const area = BigInt(AREA);

  it.each<[row: string, designation: bigint, caps: string[], valid: bigint]>([
    ['no area', 0n, CAPS, 0n],
    ['length characteristic 0', area, CAPS, VR],
    ['length characteristic 10', area | 10n, CAPS, VR],
    ['length characteristic 11', area | 11n, CAPS, VR | GS],
    ['length characteristic 12', area | 12n, CAPS, VR | GS],
    ['an invalid length characteristic', area | 9n, CAPS, 0n],
    ['one that counts without guarded storage', area | 9n, ['s390_vector_registers'], VR],
    ['no vector facility', area | 11n, ['s390_gs'], GS],
    ['neither facility', area | 11n, [], 0n],
    ['an area in no slot', 0x200000n | 11n, CAPS, 0n],
  ])('%s', (_row, designation, caps, valid) => {
    expect(mcicOf(checked(designation, caps)) & (VR | GS)).toBe(valid);
  });

  it('saves vector registers and guarded-storage controls there', () => {
    const machine = checked(area | 11n);
    expect(bytesAt(machine, AREA, 16)).toBe('00112233445566778899aabbccddeeff');
    expect(bytesAt(machine, AREA + 31 * 16, 16)).toBe('0000000000000000000000000000001f');
    expect(bytesAt(machine, AREA + 1024, 32)).toBe('0000000000000000000000000000000100000000000000020000000000000003');
    expect(bytesAt(machine, 0x1200, 8)).toBe('0011223344556677');
  });

  it('saves what it says is valid alone', () => {
    const machine = checked(area | 11n, CAPS, {}, 1n << 63n);
    expect(mcicOf(machine)).toBe(1n << 63n);
    expect(bytesAt(machine, AREA, 16)).toBe('0'.repeat(32));
  });

  it('saved neither under the first rules', () => {
    expect(mcicOf(checked(area | 11n, CAPS, { rules: 1 })) & (VR | GS)).toBe(0n);
  });
});
