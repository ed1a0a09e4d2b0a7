import { MARK } from '../../../../src/domain/memory/frame-marks.js';
import { GIB, MIB, Machine, type MachineOptions, U64_MAX } from '../../support/machine.js';

const TIB = 1n << 40n;
const PIB = 1n << 50n;
const kernel = { semantics: 'kernel' } as const;
const unlimited = { host: { maxGuestMemory: U64_MAX } };

const hex = (value: bigint): string => `0x${value.toString(16)}`;
const limit = (made: Machine, value: bigint) => made.set('mem_ctrl', 'limit_size', { value: hex(value) });
const limitOf = (made: Machine) => made.get('mem_ctrl', 'limit_size').reply['value'];

const withVcpu = (options: MachineOptions = {}): Machine => {
  const made = new Machine(options);
  made.vcpu(0);
  return made;
};

const withSlot = (end: bigint, options: MachineOptions = {}): Machine => {
  const made = new Machine(options);
  made.slot(0, end - MIB, MIB);
  return made;
};

describe('MEM_ENABLE_CMMA', () => {
  it.each<[row: string, machine: Machine, set: unknown, has: unknown]>([
    ['1: machine without CMMA', new Machine({ host: { cmma: false } }), 'ENXIO', 'ENXIO'],
    ['1 before 2: machine without CMMA, vCPU', withVcpu({ host: { cmma: false } }), 'ENXIO', 'ENXIO'],
    ['2: vCPU created', withVcpu(), 'EBUSY', 0],
    ['3: none', new Machine(), 0, 0],
  ])('row %s', (_row, made, set, has) => {
    expect([made.set('mem_ctrl', 'enable_cmma'), made.has('mem_ctrl', 'enable_cmma')]).toEqual([set, has]);
  });

  it('row 3: is idempotent, and the second time nothing happens', () => {
    const made = new Machine();
    made.set('mem_ctrl', 'enable_cmma');
    expect(made.vm.regions.cmma).toBe('on');
    expect(made.run({ type: 'set_device_attr', group: 0, attr: 0 })).toMatchObject({ ret: 0, events: [] });
  });
});

describe('MEM_CLR_CMMA', () => {
  it.each<[row: string, machine: Machine, expected: unknown]>([
    ['1: machine without CMMA', new Machine({ host: { cmma: false } }), 'ENXIO'],
    ['2: not enabled', new Machine(), 'EINVAL'],
    ['3: enabled', new Machine().fold({ type: 'cmma_enabled' }), 0],
    ['3: enabled, with a vCPU', withVcpu().fold({ type: 'cmma_enabled' }), 0],
  ])('row %s', (_row, made, expected) => {
    expect(made.set('mem_ctrl', 'clr_cmma')).toBe(expected);
  });

  it('makes every page of every slot stable and clean, and leaves keys and the dirty log', () => {
    const made = withSlot(MIB).fold({ type: 'cmma_enabled' });
    const { marks } = made.vm.memory;
    marks.set(7, 0xffff, MARK.usage | MARK.nodat | MARK.cmmaDirty | MARK.dirty | 0xf6);
    made.set('mem_ctrl', 'clr_cmma');
    expect(made.vm.memory.marks.get(7)).toBe(MARK.dirty | 0xf6);
  });
});

describe.each(['documented', 'kernel'] as const)('MEM_LIMIT_SIZE, SET (%s)', (semantics) => {
  const poor = { host: { freeMemory: 16383 } };

  it.each<[row: string, machine: () => Machine, value: bigint | undefined, expected: unknown]>([
    ['1: UCONTROL', () => new Machine({ semantics, vmType: 'ucontrol' }), GIB, 'EINVAL'],
    ['1 before 2: UCONTROL, no payload', () => new Machine({ semantics, vmType: 'ucontrol' }), undefined, 'EINVAL'],
    ['1 before 6: UCONTROL, vCPU', () => withVcpu({ semantics, vmType: 'ucontrol' }), GIB, 'EINVAL'],
    ['2: no payload', () => new Machine({ semantics }), undefined, 'EFAULT'],
    ['2 before 6: no payload, vCPU', () => withVcpu({ semantics }), undefined, 'EFAULT'],
    ['4: 2^47 + 1', () => new Machine({ semantics }), (1n << 47n) + 1n, 'E2BIG'],
    ['4: 2^47', () => new Machine({ semantics }), 1n << 47n, 0],
    ['3 and 4: the last value that does not wrap', () => new Machine({ semantics }), 0xfffffffffff00000n, 'E2BIG'],
    ['4 before 6: too big, vCPU', () => withVcpu({ semantics }), 1n << 48n, 'E2BIG'],
    ['4: the machine has no limit', () => new Machine({ semantics, ...unlimited }), 0xfffffffffff00000n, 0],
    ['5: 0', () => new Machine({ semantics }), 0n, 'EINVAL'],
    ['5: wrapped', () => new Machine({ semantics }), U64_MAX - 1n, 'EINVAL'],
    [
      '5: wrapped, the machine has no limit',
      () => new Machine({ semantics, ...unlimited }),
      U64_MAX - 0xffffen,
      'EINVAL',
    ],
    ['5 before 6: 0, vCPU', () => withVcpu({ semantics }), 0n, 'EINVAL'],
    ['6: vCPU', () => withVcpu({ semantics }), GIB, 'EBUSY'],
    ['7: a slot ends above', () => withSlot(GIB, { semantics }), GIB - MIB, 'EBUSY'],
    ['7: a slot ends there', () => withSlot(GIB, { semantics }), GIB, 0],
    ['7: a slot ends where the limit is rounded to', () => withSlot(GIB, { semantics }), GIB - 1n, 0],
    ['7: a slot ends above the limit but within its table', () => withSlot(GIB, { semantics }), MIB, 'EBUSY'],
    ['7 before 8: a slot ends above, no memory', () => withSlot(GIB, { semantics, ...poor }), MIB, 'EBUSY'],
    ['8: no memory for a table', () => new Machine({ semantics, ...poor }), GIB, 'ENOMEM'],
    ['8: memory for a table', () => new Machine({ semantics, host: { freeMemory: 16384 } }), GIB, 0],
    ['9: protected', () => new Machine({ semantics }).fold({ type: 'protection_enabled' }), GIB, 0],
  ])('row %s', (_row, machine, value, expected) => {
    const made = machine();
    expect(made.set('mem_ctrl', 'limit_size', value === undefined ? {} : { value: hex(value) })).toBe(expected);
    expect(made.vm.topTable !== undefined).toBe(expected === 0);
  });
});

describe('MEM_LIMIT_SIZE, SET', () => {
  it.each<[value: bigint, table: string]>([
    [1n, 'segment'],
    [2n * GIB, 'segment'],
    [2n * GIB + 1n, 'region_third'],
    [4n * TIB, 'region_third'],
    [4n * TIB + 1n, 'region_second'],
    [8n * PIB, 'region_second'],
    [8n * PIB + 1n, 'region_first'],
    [U64_MAX - 0xfffffn, 'region_first'],
  ])('row 9: %d needs a %s table', (value, table) => {
    const made = new Machine(unlimited);
    expect(limit(made, value)).toBe(0);
    expect(made.vm.topTable).toBe(table);
  });

  it('can shrink and grow again', () => {
    const made = new Machine();
    expect([MIB, 1n << 47n, GIB].map((value) => limit(made, value))).toEqual([0, 0, 0]);
    expect(made.vm.topTable).toBe('segment');
  });

  it.each<[what: string, options: MachineOptions, expected: unknown]>([
    ['documents, machine with a limit', {}, 'E2BIG'],
    ['documents, machine without', unlimited, 0],
    ['code, machine with a limit', kernel, 'EINVAL'],
    ['code, machine without', { ...unlimited, ...kernel }, 'EINVAL'],
  ])('limitSizeNoLimit: U64_MAX by the %s', (_what, options, expected) => {
    const made = new Machine(options);
    expect(limit(made, U64_MAX)).toBe(expected);
    expect(made.vm.topTable).toBe(expected === 0 ? 'region_first' : undefined);
  });

  it('limitSizeNoLimit: no limit is busy with a vCPU too, and fine with any slot', () => {
    expect(limit(withVcpu(unlimited), U64_MAX)).toBe('EBUSY');
    expect(limit(withSlot(1n << 60n, unlimited), U64_MAX)).toBe(0);
  });
});

describe('MEM_LIMIT_SIZE, GET', () => {
  it.each<[what: string, options: MachineOptions, set: bigint | undefined, documented: bigint, code: bigint]>([
    ['before any SET', {}, undefined, 1n << 47n, 1n << 47n],
    ['before any SET, UCONTROL', { vmType: 'ucontrol' }, undefined, U64_MAX, U64_MAX],
    ['before any SET, no limit', unlimited, undefined, U64_MAX, U64_MAX],
    ['after 1 MiB', {}, MIB, 2n * GIB, 1n << 47n],
    ['after 2 GiB + 1', {}, 2n * GIB + 1n, 4n * TIB, 1n << 47n],
    ['after what needs more than the ceiling', {}, 4n * TIB + 1n, 1n << 47n, 1n << 47n],
    ['after 4 TiB + 1 without a limit', unlimited, 4n * TIB + 1n, 8n * PIB, U64_MAX],
    ['after 8 PiB + 1 without a limit', unlimited, 8n * PIB + 1n, U64_MAX, U64_MAX],
    ['after 1 MiB under a ceiling of 1 GiB', { host: { maxGuestMemory: GIB } }, MIB, GIB, GIB],
  ])('%s', (_what, options, set, documented, code) => {
    const read = (semantics: 'documented' | 'kernel') => {
      const made = new Machine({ ...options, semantics });
      if (set !== undefined) expect(limit(made, set)).toBe(0);
      return limitOf(made);
    };
    expect([read('documented'), read('kernel')]).toEqual([documented, code]);
  });

  it('works with vCPUs and changes nothing', () => {
    expect(withVcpu().get('mem_ctrl', 'limit_size')).toEqual({ ret: 0, reply: { value: 1n << 47n }, events: [] });
  });
});
