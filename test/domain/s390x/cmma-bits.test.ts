import type { Decision } from '../../../src/domain/vm/decision.js';
import {
  LOG,
  PEEK,
  type Settings,
  ZEROED,
  answer,
  get,
  kernel,
  machine,
  make,
  migrating,
  said,
  set,
  used,
  waiting,
} from '../support/cmma.js';
import { GIB, Machine, U64_MAX } from '../support/machine.js';

describe.each(['documented', 'kernel'] as const)('the table of use_cmma, uses_cmm and migration, %s', (semantics) => {
  const off = (): Machine => machine({ semantics }, false);
  it.each<[row: string, machine: () => Machine, get: unknown, peek: unknown, set: unknown]>([
    ['0 - -', off, 'ENXIO', 'ENXIO', 'ENXIO'],
    ['0 - on', () => migrating(off()), 'ENXIO', 'ENXIO', 'ENXIO'],
    ['1 0 off', make[semantics], 'EINVAL', ZEROED, 0],
    ['1 0 on', () => migrating(make[semantics]()), ZEROED, ZEROED, 0],
    ['1 1 off', () => used(make[semantics]()), 'EINVAL', [1, 2, 0, [0, 0]], 0],
    ['1 1 on', () => migrating(used(make[semantics]())), [1, 2, 126, [0, 0]], [1, 2, 128, [0, 0]], 0],
    [
      '1 1 on, protected',
      () => migrating(used(make[semantics]())).fold({ type: 'protection_enabled' }),
      [1, 2, 126, [0, 0]],
      [1, 2, 128, [0, 0]],
      0,
    ],
  ])('row %s', (_row, of, collected, peeked, stored) => {
    const told = (decision: Decision) => (decision.errno === undefined ? answer(decision) : decision.errno);
    expect(told(get(of(), 1, 2))).toEqual(collected);
    expect(told(get(of(), 1, 2, PEEK))).toEqual(peeked);
    const made = of();
    expect(said(set(made, 1, [0x43]))).toBe(stored);
    expect(made.vm.regions.cmm).toBe(stored === 0 ? 'used' : 'unused');
  });

  it('a machine without CMMA is ENXIO throughout, before the flags', () => {
    const made = machine({ semantics, host: { cmma: false } }, false);
    expect([get(made, 0, 1, 8), get(made, 0, 1, PEEK), set(made, 0, [0], { flags: 1 })].map(said)).toEqual(
      new Array(3).fill('ENXIO'),
    );
  });
});

describe('KVM_S390_GET_CMMA_BITS', () => {
  const poor = (): Machine => used(machine({ host: { freeMemory: 7 } }));
  it.each<[row: string, machine: Machine, args: [bigint | number, number, unknown?], expected: unknown]>([
    ['2: another flag', used(make.documented()), [0, 1, 2], 'EINVAL'],
    ['2: another flag beside peek, before nothing to do', make.documented(), [0, 0, 3], 'EINVAL'],
    ['3: migration off, before the count', used(make.documented()), [0, 0], 'EINVAL'],
    ['4: count 0', used(make.documented()), [7, 0, PEEK], 0],
    ['4: count 0 before ENOMEM', poor(), [7, 0, PEEK], 0],
    ['5: nothing dirty, before ENOMEM', waiting([]).fold(), [7, 9], 0],
    ['6: ENOMEM', poor(), [0, 8, PEEK], 'ENOMEM'],
    ['6: ENOMEM before the pages', poor(), [64, 8, PEEK], 'ENOMEM'],
    ['6: memory enough', poor(), [0, 7, PEEK], 0],
    ['7: start in no slot', used(make.documented()), [64, 1, PEEK], 'EFAULT'],
    ['7: start beyond all addresses', used(make.documented()), [U64_MAX, 1, PEEK], 'EFAULT'],
    ['7: a count above the most counts as that', used(make.documented()), [0, 0xffffffff, PEEK], 0],
  ])('row %s', (_row, made, args, expected) => {
    expect(said(get(made, ...args))).toBe(expected);
  });

  it.each(['documented', 'kernel'] as const)('4, 5: the whole struct is zero, %s', (semantics) => {
    expect(answer(get(used(make[semantics]()), 7, 0, PEEK))).toEqual(ZEROED);
    expect(answer(get(migrating(used(make[semantics]())), 7, 0))).toEqual(ZEROED);
    expect(answer(get(make[semantics](), 7, 9, PEEK))).toEqual(ZEROED);
    expect(answer(get(waiting([], { semantics }), 7, 9))).toEqual(ZEROED);
  });

  it('7: peek stops at the first page in no slot and collects nothing', () => {
    const made = waiting([62]);
    expect(answer(get(made, 60, 100, PEEK))).toEqual([60, 4, 1, [0, 0, 3, 0]]);
    expect(answer(get(made, 62, 1, PEEK))).toEqual([62, 1, 1, [3]]);
    expect(answer(get(made, 0, 64))).toEqual([62, 1, 0, [3]]);
  });

  it('7: peek goes on from a slot to the next where they touch', () => {
    const made = used(machine());
    made.slot(2, 64n << 12n, 1n << 12n, LOG);
    expect(answer(get(made, 60, 100, PEEK))[1]).toBe(5);
  });

  it.each<
    [what: string, gfns: number[], start: bigint | number, count: number, documented: unknown, byKernel?: unknown]
  >([
    ['the first dirty page at or after the start', [3, 9, 40], 9, 1, [9, 1, 2, [3]]],
    ['over holes between slots', [3, 520], 10, 64, [520, 1, 1, [3]]],
    ['from 0 again where nothing is left', [3, 5], 40, 64, [3, 3, 0, [3, 0, 3]]],
    ['from 0 again from a start in no slot', [3], 100, 64, [3, 1, 0, [3]]],
    ['from 0 again from beyond all addresses', [3], U64_MAX, 64, [3, 1, 0, [3]]],
    ['not from 0 again once something was found', [3, 530], 520, 64, [530, 1, 1, [3]]],
    ['as far as the buffer goes', [3, 4, 5, 6], 3, 2, [3, 2, 2, [3, 3]]],
    ['a dirty page just outside the buffer', [3, 6], 3, 3, [3, 1, 1, [3]]],
    ['a dirty page at the end of the buffer', [3, 6], 3, 4, [3, 4, 0, [3, 0, 0, 3]]],
    ['no clean bytes at the end', [3], 0, 64, [3, 1, 0, [3]]],
    ['15 clean pages between', [3, 19], 3, 64, [3, 17, 0, [3, ...new Array<number>(15).fill(0), 3]]],
    ['16 clean pages between', [3, 20], 3, 64, [3, 1, 1, [3]], [3, 18, 0, [3, ...new Array<number>(16).fill(0), 3]]],
    ['17 clean pages between', [3, 21], 3, 64, [3, 1, 1, [3]]],
  ])('8: %s', (_what, gfns, start, count, documented, byKernel = documented) => {
    expect(answer(get(waiting(gfns), start, count))).toEqual(documented);
    expect(answer(get(waiting(gfns, kernel), start, count))).toEqual(byKernel);
  });

  it.each([
    ['documented', [3, 2, 0x40, 3]],
    ['kernel', [3, 0, 0, 3]],
  ] as const)('8: clean pages between two dirty ones are answered %s', (semantics, values) => {
    const made = waiting([3, 6], { semantics });
    set(made, 4, [2, 0x40]);
    expect(answer(get(made, 0, 64))).toEqual([3, 4, 0, [...values]]);
  });

  it('8: everything once, whatever the buffer', () => {
    const made = waiting([0, 1, 17, 40, 63, 512, 575]);
    const seen: number[] = [];
    for (let start = 0, left = 1; left > 0;) {
      const [first = 0, count = 0, remaining = 0] = answer(get(made, start, 5)) as number[];
      seen.push(first);
      start = first + count;
      left = remaining;
    }
    expect(seen).toEqual([0, 17, 40, 63, 512, 575]);
    expect(answer(get(made, 0, 5))).toEqual(ZEROED);
  });

  it('collects a slot of terabytes from its end without a look at the rest', () => {
    const made = new Machine();
    made.slot(0, 0n, 4096n * GIB, LOG);
    made.fold({ type: 'cmma_enabled' }, { type: 'migration_started' }, { type: 'cmm_used' });
    expect(answer(get(made, (1 << 30) - 2, 5))).toEqual([(1 << 30) - 2, 2, (1 << 30) - 2, [0, 0]]);
    expect(answer(get(made, (1 << 30) - 2, 2))).toEqual([0, 2, (1 << 30) - 4, [0, 0]]);
    expect(said(set(made, (1 << 30) - 1, [1]))).toBe(0);
    made.slot(0, 0n, 0n);
    expect(made.vm.cmmaDirtyPages).toBeUndefined();
  });
});

describe('KVM_S390_SET_CMMA_BITS', () => {
  const poor = (): Machine => machine({ host: { freeMemory: 7 } });
  it.each<
    [
      row: string,
      machine: Machine,
      args: [number | bigint, (number[] | undefined)?, Settings?],
      expected: unknown,
      cmm: 'used' | 'unused',
    ]
  >([
    ['flags', make.documented(), [0, [0], { flags: 1 }], 'EINVAL', 'unused'],
    ['flags before the count', make.documented(), [0, undefined, { flags: 2, count: 0 }], 'EINVAL', 'unused'],
    ['count above the most', make.documented(), [0, undefined, { count: 1048577 }], 'EINVAL', 'unused'],
    ['count 0', make.documented(), [U64_MAX, undefined, { count: 0 }], 0, 'unused'],
    ['ENOMEM before the data', poor(), [0, undefined, { count: 8 }], 'ENOMEM', 'unused'],
    ['no data', make.documented(), [U64_MAX, undefined, { count: 8 }], 'EFAULT', 'unused'],
    ['a page in no slot', make.documented(), [63, [1, 1]], 'EFAULT', 'used'],
    ['the first page in no slot', make.kernel(), [64, [1]], 'EFAULT', 'used'],
    ['beyond all addresses', make.documented(), [U64_MAX, [1]], 'EFAULT', 'used'],
    ['valid', make.documented(), [63, [1]], 0, 'used'],
    ['valid in migration mode', migrating(make.documented()), [63, [1]], 0, 'used'],
  ])('row %s', (_row, made, args, expected, cmm) => {
    expect(said(set(made, ...args))).toBe(expected);
    expect(made.vm.regions.cmm).toBe(cmm);
  });

  it('changes nothing where a page is in no slot', () => {
    const made = machine();
    set(made, 62, [1, 2, 3]);
    expect(answer(get(made, 62, 2, PEEK))).toEqual([62, 2, 0, [0, 0]]);
  });

  it.each<[mask: bigint, documented: number, byKernel: number]>([
    [U64_MAX, 0x01, 0x01],
    [0x43000000n, 0x01, 0x01],
    [0x03000000n, 0x41, 0x01],
    [0x40000000n, 0x02, 0x00],
    [0x01000000n, 0x43, 0x01],
    [0n, 0x42, 0x00],
    [~0x43000000n & U64_MAX, 0x42, 0x00],
  ])('with mask %s sets what is in it', (mask, documented, byKernel) => {
    const results = [machine(), machine(kernel)].map((made) => {
      set(made, 5, [0x42]);
      set(made, 5, [0xbd], { mask });
      return answer(get(made, 5, 1, PEEK))[3];
    });
    expect(results).toEqual([[documented], [byKernel]]);
  });

  it('leaves alone what waits to be collected', () => {
    const made = waiting([3]);
    set(made, 3, [1, 1]);
    expect(answer(get(made, 0, 64))).toEqual([3, 1, 0, [1]]);
  });

  it('values of another number than count are malformed, where the kernel would read them', () => {
    expect(set(machine(), 0, [1, 2], { count: 3 }).malformed?.field).toBe('values');
    expect(set(machine(), 0, [1, 2], { count: 3, flags: 4 }).malformed).toBeUndefined();
  });
});
