import fc from 'fast-check';
import {
  RESERVED,
  type SmcccFilter,
  filterAction,
  inserted,
  overlaps,
  wraps,
} from '../../../src/domain/aarch64/smccc-filter.js';
import { SMCCC_ACTION_NAMES } from '../../../src/domain/shapes/aarch64-smccc.js';
import { Aarch64Machine } from '../support/aarch64.js';

const PADDED = Buffer.from([...new Uint8Array(14), 1]).toString('base64');
const ZEROS = Buffer.from(new Uint8Array(15)).toString('base64');

const kernel = { semantics: 'kernel' } as const;

describe('KVM_ARM_VM_SMCCC_FILTER, the edge table', () => {
  it.each<[base: number, nr: number, action: number, result: number | string]>([
    [0x84000000, 0, 1, 'EINVAL'],
    [0xffffffff, 1, 1, 0],
    [0xffffffff, 2, 1, 'EINVAL'],
    [0xffffffff, 0xffffffff, 1, 'EINVAL'],
    [0x00000001, 0xffffffff, 1, 'EEXIST'],
    [0x00000002, 0xffffffff, 1, 'EINVAL'],
    [0x80000000, 1, 0, 'EEXIST'],
    [0x80000000, 1, 1, 'EEXIST'],
    [0x80000000, 1, 2, 'EEXIST'],
    [0x8000ffff, 1, 1, 'EEXIST'],
    [0x80010000, 1, 1, 0],
    [0x7fffffff, 1, 1, 0],
    [0x7fffffff, 2, 1, 'EEXIST'],
    [0xbfffffff, 1, 2, 0],
    [0xc000ffff, 2, 2, 'EEXIST'],
    [0xc0010000, 0x3fff0000, 2, 0],
    [0x00000000, 0x80000000, 2, 0],
    [0x84000000, 1, 3, 'EINVAL'],
    [0x84000000, 1, 255, 'EINVAL'],
    [0x80008000, 0, 1, 'EINVAL'],
  ])('base 0x%x, %i functions, action %i: %s', (base, nr, action, result) => {
    for (const semantics of ['documented', 'kernel'] as const)
      expect(new Aarch64Machine({ semantics }).filter(base, nr, action)).toBe(result);
  });

  it('base 0, no functions, action 1: EINVAL by the documents, EEXIST by the code', () => {
    expect(new Aarch64Machine().filter(0, 0, 1)).toBe('EINVAL');
    expect(new Aarch64Machine(kernel).filter(0, 0, 1)).toBe('EEXIST');
  });

  it.each([
    [0x0000_0000, 0x10000],
    [0x4000_0000, 0x10000],
    [0x8001_0000, 0xff_0000],
    [0xc001_0000, 0xff_0000],
  ])('what is beside the reserved ranges is free: 0x%x x 0x%x', (base, nr) => {
    expect(new Aarch64Machine().filter(base, nr, 'deny')).toBe(0);
  });
});

describe('KVM_ARM_VM_SMCCC_FILTER, the order of checks', () => {
  const wrong = { base: 0x84000000, nrFunctions: 0, action: 'deny' };
  const set = (made: Aarch64Machine, payload: object) => made.set('smccc_ctrl', 'smccc_filter', payload);
  const ran = (options = {}): Aarch64Machine => {
    const made = new Aarch64Machine(options);
    made.filter(0x84000000, 1, 'deny');
    made.enter();
    return made;
  };

  it('1: nothing readable is EFAULT, before EBUSY', () => {
    expect([set(new Aarch64Machine(), {}), set(ran(), {})]).toEqual(['EFAULT', 'EFAULT']);
  });

  it('2: padding that is not 0 is EINVAL, before EBUSY and EEXIST', () => {
    const made = new Aarch64Machine();
    expect(made.filter(0x84000000, 1, 'deny', PADDED)).toBe('EINVAL');
    expect(made.filter(0x80000000, 1, 'deny', PADDED)).toBe('EINVAL');
    expect(ran().filter(0x85000000, 1, 'deny', PADDED)).toBe('EINVAL');
    expect(made.filter(0x84000000, 1, 'deny', ZEROS)).toBe(0);
  });

  it.each([
    ['wraps', wrong],
    ['has an unknown action', { base: 0x85000000, nrFunctions: 1, action: 3 }],
    ['is empty at 0', { base: 0, nrFunctions: 0, action: 0 }],
  ])('3: a range that %s is EINVAL, before EBUSY', (_what, payload) => {
    expect(set(ran(), payload)).toBe('EINVAL');
  });

  it('4: after a run EBUSY, before EEXIST and ENOMEM, for good', () => {
    const made = ran({ host: { freeMemory: 256 } });
    expect(made.filter(0x85000000, 1, 'deny')).toBe('EBUSY');
    expect(made.filter(0x84000000, 1, 'deny')).toBe('EBUSY');
    expect(made.filter(0x80000000, 1, 'deny')).toBe('EBUSY');
    expect(ran(kernel).filter(0, 0, 1)).toBe('EBUSY');
    made.mpState(0, 'stopped');
    expect(made.filter(0x85000000, 1, 'deny')).toBe('EBUSY');
  });

  it('4: vCPUs that were only created or changed do not matter', () => {
    const made = new Aarch64Machine();
    made.vcpu(1);
    made.registers(1, { x0: 1 });
    made.mpState(1, 'stopped');
    expect(made.filter(0x85000000, 1, 'deny')).toBe(0);
  });

  it('5: without memory for the reserved ranges ENOMEM, before EEXIST', () => {
    const made = new Aarch64Machine({ host: { freeMemory: 255 } });
    expect(made.filter(0x80000000, 1, 'deny')).toBe('ENOMEM');
    expect(made.filter(0x84000000, 0, 'deny')).toBe('EINVAL');
    expect(made.vm.smcccFilter).toBeUndefined();
  });

  it('6: what overlaps is EEXIST, before ENOMEM', () => {
    const made = new Aarch64Machine({ host: { freeMemory: 256 } });
    const answers = Array.from({ length: 6 }, (_, i) => made.filter(0x84000000 + 2 * i, 1, 'deny'));
    expect(answers).toEqual([0, 0, 0, 0, 0, 'ENOMEM']);
    expect(made.filter(0x84000000, 1, 'deny')).toBe('EEXIST');
    expect(made.vm.smcccFilter).toHaveLength(5);
  });

  it.each<[what: string, base: number, nr: number, action: string, result: unknown]>([
    ['the same range with the same action', 0x84000010, 0x10, 'handle', 'EEXIST'],
    ['its first id alone', 0x84000010, 1, 'deny', 'EEXIST'],
    ['its last id alone', 0x8400001f, 1, 'deny', 'EEXIST'],
    ['what it begins in', 0x84000000, 0x11, 'deny', 'EEXIST'],
    ['what it lies in', 0x84000000, 0x100, 'deny', 'EEXIST'],
    ['the id before it', 0x8400000f, 1, 'handle', 0],
    ['the id after it', 0x84000020, 1, 'handle', 0],
  ])('6: beside a range that is stored, %s', (_what, base, nr, action, result) => {
    const made = new Aarch64Machine();
    expect(made.filter(0x84000010, 0x10, 'handle')).toBe(0);
    expect(made.filter(base, nr, action)).toBe(result);
  });

  it('a refusal stores nothing, and adjacent ranges stay apart', () => {
    const made = new Aarch64Machine();
    made.filter(0x84000001, 1, 'deny');
    made.filter(0x84000000, 2, 'deny');
    made.filter(0x84000000, 1, 'deny');
    expect(made.vm.smcccFilter).toEqual([
      { first: 0x84000000, last: 0x84000000, action: 'deny' },
      { first: 0x84000001, last: 0x84000001, action: 'deny' },
    ]);
  });
});

describe('device attributes of an aarch64 VM', () => {
  it.each<[group: string | number, attr: string | number, has: unknown, set: unknown]>([
    [0, 0, 0, 'EFAULT'],
    ['smccc_ctrl', 'smccc_filter', 0, 'EFAULT'],
    ['smccc_ctrl', 0, 0, 'EFAULT'],
    [0, 1, 'ENXIO', 'ENXIO'],
    ['smccc_ctrl', 'other', 'ENXIO', 'ENXIO'],
    [1, 0, 'ENXIO', 'ENXIO'],
    ['mem_ctrl', 'enable_cmma', 'ENXIO', 'ENXIO'],
  ])('%s/%s: HAS %s, SET %s, GET always EINVAL', (group, attr, has, set) => {
    const made = new Aarch64Machine();
    expect([made.has(group, attr), made.set(group, attr), made.get(group, attr).errno]).toEqual([has, set, 'EINVAL']);
    made.enter();
    expect(made.has(group, attr)).toBe(has);
  });

  it('flags are not looked at', () => {
    const made = new Aarch64Machine();
    const payload = { base: 0x84000000, nrFunctions: 1, action: 'deny' };
    expect(made.answer({ type: 'set_device_attr', group: 0, attr: 0, flags: 7, payload })).toBe(0);
    expect(made.answer({ type: 'has_device_attr', group: 0, attr: 0, flags: 7 })).toBe(0);
  });

  it.each<[payload: object, field: string]>([
    [{ base: 0, nrFunctions: 1 }, 'action'],
    [{ base: 0, nrFunctions: 1, action: 256 }, 'action'],
    [{ base: 0, nrFunctions: 1, action: 'allow' }, 'action'],
    [{ base: 2 ** 32, nrFunctions: 1, action: 0 }, 'base'],
    [{ base: 0, nrFunctions: 1, action: 0, pad: 'AAAA' }, 'pad'],
    [{ base: 0, nrFunctions: 1, action: 0, flag: 1 }, 'flag'],
  ])('a payload of another shape is malformed: %j', (payload, field) => {
    const { malformed } = new Aarch64Machine().run({ type: 'set_device_attr', group: 0, attr: 0, payload });
    expect(malformed?.field).toBe(field);
  });
});

describe('the filter as a value', () => {
  const request = fc.record({
    base: fc.integer({ min: 0, max: 40 }).map((n) => 0x7fff_fff0 + n),
    nrFunctions: fc.integer({ min: 1, max: 6 }),
    action: fc.constantFrom(...SMCCC_ACTION_NAMES),
  });

  it('says of each id what the first request that had it said', () => {
    fc.assert(
      fc.property(fc.array(request, { maxLength: 12 }), (requests) => {
        const said = new Map<number, string>();
        let filter: SmcccFilter = [];
        for (const { base, nrFunctions, action } of requests) {
          const ids = Array.from({ length: nrFunctions }, (_, i) => base + i);
          const taken = ids.some((id) => said.has(id) || (id >= 0x8000_0000 && id <= 0x8000_ffff));
          expect(overlaps(filter, { base, nrFunctions })).toBe(taken);
          if (taken) continue;
          filter = inserted(filter, { base, nrFunctions, action });
          for (const id of ids) said.set(id, action);
        }
        for (let id = 0x7fff_ffe0; id < 0x8000_0030; id++)
          expect(filterAction(filter, id)).toBe(said.get(id) ?? 'handle');
        expect(filter).toEqual([...filter].sort((a, b) => a.first - b.first));
      }),
    );
  });

  it('wraps exactly where the end modulo 2^32 is below the beginning', () => {
    const u32 = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(u32, u32, (base, nrFunctions) => {
        const end = BigInt.asUintN(32, BigInt(base) + BigInt(nrFunctions) - 1n);
        expect(wraps({ base, nrFunctions })).toBe(end < BigInt(base));
      }),
    );
  });

  it('has the fast calls of the architecture reserved, and nothing else', () => {
    expect(RESERVED.map(({ first, last }) => [first, last])).toEqual([
      [0x80000000, 0x8000ffff],
      [0xc0000000, 0xc000ffff],
    ]);
  });
});
