import { translateLegacyAddress } from '../../../src/domain/x86_64/paging/legacy-translation.js';
import { TRANSLATE_FAULTS, type TranslateFault } from '../../../src/domain/x86_64/paging/fault.js';
import { type Entries, type MachineOptions, S4_ADDRESS, entriesSet, s4, translate } from '../support/x86-machine.js';

/** A change to S4, what is asked, and what comes of it. */
interface Example extends MachineOptions {
  readonly is: string;
  readonly linear?: bigint;
  readonly ask?: readonly [flags: number, access: number];
  /** The physical address, or the fault and its address. */
  readonly gives: bigint | readonly [TranslateFault, bigint];
  /** Whether bits count as set. */
  readonly set?: boolean;
  readonly changes?: Entries;
}

const ALL_ACCESSED: Entries = [
  [0x1008n, 0x2027n],
  [0x2008n, 0x3027n],
  [0x3008n, 0x4027n],
  [0x4008n, 0x5027n],
];
const UPPER = ALL_ACCESSED.slice(0, 2);
const WP_OFF = { cr0: 0x80000001n };
const KEY_5 = [[0x4008n, 0x2800000000005007n]] as const;
const NO_EXEC = [[0x4008n, 0x8000000000005007n]] as const;
const PKE = 0x400020n;

const LEGACY_MODE: MachineOptions = {
  registers: { cr4: 0x10n, efer: 0n, cs: { l: 0 } },
  entrySize: 4,
  entries: [
    [0x100cn, 0x2007n],
    [0x200cn, 0x5007n],
  ],
};
const legacyMode = (...entries: Entries): MachineOptions => ({
  ...LEGACY_MODE,
  entries: [...(LEGACY_MODE.entries ?? []), ...entries],
});

const pae = (efer: bigint, ...entries: Entries): MachineOptions => ({
  registers: { cr4: 0x20n, efer, cs: { l: 0 }, cr3: 0x1020n },
  entries: [[0x1038n, 0x2001n], [0x2008n, 0x3007n], [0x3008n, 0x5007n], ...entries],
});

const EXAMPLES: Readonly<Record<number, Example>> = {
  1: { is: 'none', gives: 0x5abcn },
  2: { is: 'none', ask: [1, 0], gives: 0x5abcn, set: true, changes: ALL_ACCESSED },
  3: {
    is: 'none',
    ask: [3, 1],
    gives: 0x5abcn,
    set: true,
    changes: [...ALL_ACCESSED.slice(0, 3), [0x4008n, 0x5067n]],
  },
  4: { is: 'none', ask: [1, 1], gives: 0x5abcn, set: true, changes: ALL_ACCESSED },
  5: {
    is: '4008=5000',
    entries: [[0x4008n, 0x5000n]],
    ask: [5, 0],
    gives: ['not_present', 0x4008n],
    set: true,
    changes: ALL_ACCESSED.slice(0, 3),
  },
  6: { is: '4008=5000', entries: [[0x4008n, 0x5000n]], ask: [1, 0], gives: ['not_present', 0x4008n] },
  7: { is: '4008=5005', entries: [[0x4008n, 0x5005n]], ask: [0, 1], gives: ['privilege_violation', 0x4008n] },
  8: {
    is: '4008=5005, WP=0',
    entries: [[0x4008n, 0x5005n]],
    registers: WP_OFF,
    ask: [3, 1],
    gives: 0x5abcn,
    set: true,
    changes: [...ALL_ACCESSED.slice(0, 3), [0x4008n, 0x5065n]],
  },
  9: {
    is: '4008=5005, WP=0',
    entries: [[0x4008n, 0x5005n]],
    registers: WP_OFF,
    ask: [0, 3],
    gives: ['privilege_violation', 0x4008n],
  },
  10: {
    is: '3008=4005, 4008=0',
    entries: [
      [0x3008n, 0x4005n],
      [0x4008n, 0n],
    ],
    ask: [5, 1],
    gives: ['privilege_violation', 0x3008n],
    set: true,
    changes: UPPER,
  },
  11: {
    is: '2008=3003',
    entries: [[0x2008n, 0x3003n]],
    ask: [5, 2],
    gives: ['privilege_violation', 0x2008n],
    set: true,
    changes: UPPER.slice(0, 1),
  },
  12: { is: '4008=8000000000005007', entries: NO_EXEC, ask: [0, 4], gives: ['privilege_violation', 0x4008n] },
  13: { is: 'as 12, NXE=0', entries: NO_EXEC, registers: { efer: 0x500n }, gives: ['reserved_bits', 0x4008n] },
  14: { is: '3008 bit 45', entries: [[0x3008n, 0x0000200000004007n]], gives: ['reserved_bits', 0x3008n] },
  15: { is: '3008 bit 52', entries: [[0x3008n, 0x0010000000004007n]], gives: 0x5abcn },
  16: { is: '1008=2087', entries: [[0x1008n, 0x2087n]], gives: ['reserved_bits', 0x1008n] },
  17: { is: '1008=2107, Intel', entries: [[0x1008n, 0x2107n]], gives: 0x5abcn },
  18: {
    is: '3008=201087 (2 MiB, PAT)',
    entries: [[0x3008n, 0x201087n]],
    ask: [3, 1],
    gives: 0x201abcn,
    set: true,
    changes: [...UPPER, [0x3008n, 0x2010e7n]],
  },
  19: { is: '3008=202087 (bit 13)', entries: [[0x3008n, 0x202087n]], gives: ['reserved_bits', 0x3008n] },
  20: {
    is: '2008=40000087 (1 GiB)',
    entries: [[0x2008n, 0x40000087n]],
    ask: [1, 0],
    gives: 0x40201abcn,
    set: true,
    changes: [
      [0x1008n, 0x2027n],
      [0x2008n, 0x400000a7n],
    ],
  },
  21: {
    is: 'as 20, GBPAGES no',
    entries: [[0x2008n, 0x40000087n]],
    host: { gbPages: false },
    gives: ['reserved_bits', 0x2008n],
  },
  22: {
    is: '3008=20000007',
    entries: [[0x3008n, 0x20000007n]],
    ask: [5, 0],
    gives: ['invalid_gpa', 0x20000008n],
    set: true,
    changes: [...UPPER, [0x3008n, 0x20000027n]],
  },
  23: { is: '4008=7000000007', entries: [[0x4008n, 0x7000000007n]], gives: 0x7000000abcn },
  24: {
    is: 'CR3=40000000',
    registers: { cr3: 0x40000000n },
    ask: [5, 0],
    gives: ['invalid_gpa', 0x40000008n],
    set: true,
  },
  25: { is: 'not canonical', linear: 0x0000800000000000n, gives: ['invalid_gva', 0n] },
  26: { is: 'the upper half', linear: 0xffff800000000000n, gives: ['not_present', 0x1800n] },
  27: {
    is: 'CR4 plus LA57',
    registers: { cr4: 0x1020n },
    linear: 0x0000800000000000n,
    gives: ['not_present', 0x1000n],
  },
  28: {
    is: '3008=80000007, 80000008=5007',
    entries: [
      [0x3008n, 0x80000007n],
      [0x80000008n, 0x5007n],
    ],
    ask: [7, 1],
    gives: 0x5abcn,
    changes: [...UPPER, [0x3008n, 0x80000027n]],
  },
  29: {
    is: 'as 28 with 5067',
    entries: [
      [0x3008n, 0x80000007n],
      [0x80000008n, 0x5067n],
    ],
    ask: [7, 1],
    gives: 0x5abcn,
    set: true,
    changes: [...UPPER, [0x3008n, 0x80000027n]],
  },
  30: { is: 'CR4 plus SMAP', registers: { cr4: 0x200020n }, gives: ['privilege_violation', 0x4008n] },
  31: { is: 'CR4 plus SMAP, AC=1', registers: { cr4: 0x200020n, rflags: 0x40002n }, gives: 0x5abcn },
  32: { is: 'CR4 plus SMAP, 4008=5003', registers: { cr4: 0x200020n }, entries: [[0x4008n, 0x5003n]], gives: 0x5abcn },
  33: { is: 'CR4 plus SMEP', registers: { cr4: 0x100020n }, ask: [0, 4], gives: ['privilege_violation', 0x4008n] },
  34: {
    is: 'CR4 plus PKE, key 5, AD5',
    registers: { cr4: PKE, pkru: 0x400 },
    entries: KEY_5,
    ask: [0, 2],
    gives: ['privilege_violation', 0x4008n],
  },
  35: { is: 'as 34, WD5', registers: { cr4: PKE, pkru: 0x800 }, entries: KEY_5, ask: [0, 2], gives: 0x5abcn },
  36: {
    is: 'as 35',
    registers: { cr4: PKE, pkru: 0x800 },
    entries: KEY_5,
    ask: [0, 3],
    gives: ['privilege_violation', 0x4008n],
  },
  37: { is: 'as 34', registers: { cr4: PKE, pkru: 0x400 }, entries: KEY_5, ask: [0, 6], gives: 0x5abcn },
  38: { is: 'CS.L=0 (compat)', registers: { cs: { l: 0 } }, gives: ['invalid_gva', 0n] },
  39: {
    is: '5-level',
    registers: { cr4: 0x1020n },
    entries: [
      [0x1008n, 0x6007n],
      [0x6008n, 0x2007n],
    ],
    linear: 0x1008040201abcn,
    ask: [1, 0],
    gives: 0x5abcn,
    set: true,
    changes: [[0x1008n, 0x6027n], [0x6008n, 0x2027n], ...ALL_ACCESSED.slice(1)],
  },
  40: {
    is: '32-bit',
    ...LEGACY_MODE,
    linear: 0x00c03abcn,
    ask: [3, 1],
    gives: 0x5abcn,
    set: true,
    changes: [
      [0x100cn, 0x2027n],
      [0x200cn, 0x5067n],
    ],
  },
  41: { is: 'as 40', ...LEGACY_MODE, linear: 0x100c03abcn, gives: ['invalid_gva', 0n] },
  42: { is: '100C=00C00087 (4 MiB)', ...legacyMode([0x100cn, 0x00c00087n]), linear: 0x00c03abcn, gives: 0x00c03abcn },
  43: { is: '100C=00C06087 (PSE-36)', ...legacyMode([0x100cn, 0x00c06087n]), linear: 0x00c03abcn, gives: 0x300c03abcn },
  44: {
    is: '100C=00C20087 (bit 17)',
    ...legacyMode([0x100cn, 0x00c20087n]),
    linear: 0x00c03abcn,
    gives: ['reserved_bits', 0x100cn],
  },
  45: {
    is: 'CR4=0 (PSE=0), 100C=2087',
    ...legacyMode([0x100cn, 0x2087n]),
    registers: { ...LEGACY_MODE.registers, cr4: 0n },
    linear: 0x00c03abcn,
    gives: 0x5abcn,
  },
  46: {
    is: 'PAE',
    ...pae(0x800n),
    linear: 0xc0201abcn,
    ask: [1, 0],
    gives: 0x5abcn,
    set: true,
    changes: [
      [0x2008n, 0x3027n],
      [0x3008n, 0x5027n],
    ],
  },
  47: {
    is: 'PDPTE 1038=2000',
    ...pae(0x800n, [0x1038n, 0x2000n]),
    linear: 0xc0201abcn,
    ask: [5, 0],
    gives: ['not_present', 0x1038n],
    set: true,
  },
  48: {
    is: '3008 bit 52',
    ...pae(0x800n, [0x3008n, 0x0010000000005007n]),
    linear: 0xc0201abcn,
    gives: ['reserved_bits', 0x3008n],
  },
  49: {
    is: '2008=202087',
    ...pae(0x800n, [0x2008n, 0x202087n]),
    linear: 0xc0201abcn,
    gives: ['reserved_bits', 0x2008n],
  },
  50: {
    is: 'EFER=0, 3008 bit 63',
    ...pae(0n, [0x3008n, 0x8000000000005007n]),
    linear: 0xc0201abcn,
    gives: ['reserved_bits', 0x3008n],
  },
  51: {
    is: 'paging off',
    registers: { cr0: 1n, efer: 0n, cs: { l: 0 } },
    linear: 0xfee00123n,
    ask: [1, 7],
    gives: 0xfee00123n,
    set: true,
  },
  52: {
    is: 'paging off, above 4 GiB',
    registers: { cr0: 1n, efer: 0n, cs: { l: 0 } },
    linear: 0x1fee00123n,
    gives: ['invalid_gva', 0n],
  },
};

const numbered = (examples: Readonly<Record<number, Example>>): [string, string, Example][] =>
  Object.entries(examples).map(([number, example]) => [number, example.is, example]);

function expectExample({ linear = S4_ADDRESS, ask = [0, 0], gives, set = false, changes = [], ...options }: Example) {
  const outcome = translate(s4(options), linear, ...ask);
  const expected =
    typeof gives === 'bigint'
      ? { valid: true, physicalAddress: gives, errorCode: null }
      : {
          valid: false,
          physicalAddress: gives[1],
          errorCode: { code: TRANSLATE_FAULTS[gives[0]], name: gives[0] },
        };
  expect(outcome.answer).toEqual({ ...expected, setBitsSucceeded: set });
  expect(outcome.set).toEqual(changes);
}

describe('the worked examples', () => {
  it.each(numbered(EXAMPLES))('%s: %s', (_number, _is, example) => {
    expectExample(example);
  });

  it.each(['amd', 'hygon'] as const)('17: 1008=2107, %s', (cpuVendor) => {
    const change = { host: { cpuVendor }, entries: [[0x1008n, 0x2107n]] } as const;
    expectExample({ is: '', ...change, gives: ['reserved_bits', 0x1008n] });
  });

  it.each<[number, string, MachineOptions, bigint, bigint | undefined, Entries]>([
    [53, 'S4', {}, S4_ADDRESS, 0x5abcn, ALL_ACCESSED],
    [54, '4008=5000', { entries: [[0x4008n, 0x5000n]] }, S4_ADDRESS, undefined, []],
    [55, 'not canonical', {}, 0x0001008040201abcn, 0x5abcn, ALL_ACCESSED],
  ])('%i: legacy, %s', (_number, _is, options, linear, physical, changes) => {
    const machine = s4(options);
    const { answer, facts } = translateLegacyAddress(machine, machine.registers, linear);
    expect(answer).toEqual({
      valid: physical !== undefined,
      physicalAddress: physical ?? 0xffffffffffffffffn,
      writeable: true,
      usermode: false,
    });
    expect(entriesSet(facts)).toEqual(changes);
  });

  it('are all 55', () => {
    expect(Object.keys(EXAMPLES).map(Number)).toEqual(Array.from({ length: 52 }, (_, i) => i + 1));
  });
});
