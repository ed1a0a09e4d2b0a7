import { Translator } from '../../../../src/domain/x86_64/paging/translator.js';
import { type Entries, type MachineOptions, S4_ADDRESS, requestOf, s4, translate } from '../../support/x86-machine.js';

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('section 2, requests', () => {
  const ok = (flags: number, access: number) => {
    const { registers, ...vm } = s4();
    return new Translator(vm, registers).translate(requestOf(S4_ADDRESS, flags, access), false).errno ?? 'ok';
  };
  const EVEN = [0, 2, 4, 6];
  const ODD = [1, 3, 5, 7];
  it.each<[string, readonly number[], readonly number[], 'ok' | 'EINVAL']>([
    ['flags 0', [0], range(0, 7), 'ok'],
    ['flags 1', [1], range(0, 7), 'ok'],
    ['flags 2', [2], range(0, 7), 'EINVAL'],
    ['flags 4', [4], range(0, 7), 'EINVAL'],
    ['flags 6', [6], range(0, 7), 'EINVAL'],
    ['flags 3 without write', [3], EVEN, 'EINVAL'],
    ['flags 3 with write', [3], ODD, 'ok'],
    ['flags 5', [5], range(0, 7), 'ok'],
    ['flags 7 without write', [7], EVEN, 'EINVAL'],
    ['flags 7 with write', [7], ODD, 'ok'],
    ['flags from 8 on', [8, 9, 0x8000, 0xffff], range(0, 7), 'EINVAL'],
    ['access from 8 on', range(0, 7), [8, 9, 0x8001, 0xffff], 'EINVAL'],
  ])('%s', (_row, flags, access, expected) => {
    for (const flag of flags)
      for (const kind of access) expect([flag, kind, ok(flag, kind)]).toEqual([flag, kind, expected]);
  });

  it('are checked before the address', () => {
    const { registers, ...vm } = s4();
    expect(new Translator(vm, registers).translate(requestOf(1n << 47n, 2), false)).toEqual({ errno: 'EINVAL' });
  });

  it('take names as well', () => {
    const changes = translate(s4(), S4_ADDRESS, ['set_dirty', 'set_accessed'], ['write']).set;
    expect(changes).toEqual(translate(s4(), S4_ADDRESS, 3, 1).set);
    expect(changes.at(-1)).toEqual([0x4008n, 0x5067n]);
  });
});

describe('section 6, order of checks on each level', () => {
  it.each<[string, Entries, number, string, bigint]>([
    ['the slot before the entry', [[0x3008n, 0xfffff00000n | 7n]], 0, 'invalid_gpa', 0xfffff00008n],
    ['not present before reserved bits', [[0x2008n, 0x80n]], 0, 'not_present', 0x2008n],
    ['reserved bits before rights', [[0x1008n, 0x2085n]], 3, 'reserved_bits', 0x1008n],
    ['rights of a level before the level below', [[0x2008n, 0x3005n]], 1, 'privilege_violation', 0x2008n],
    [
      'the level above first, whatever is below',
      [
        [0x1008n, 0n],
        [0x4008n, 0x85n],
      ],
      0,
      'not_present',
      0x1008n,
    ],
    [
      'rights of both',
      [
        [0x2008n, 0x3005n],
        [0x4008n, 0x5005n],
      ],
      1,
      'privilege_violation',
      0x2008n,
    ],
  ])('%s', (_row, entries, access, name, at) => {
    const { answer } = translate(s4({ entries }), S4_ADDRESS, 0, access);
    expect([answer.errorCode?.name, answer.physicalAddress]).toEqual([name, at]);
  });

  it('the page itself need not be in a slot', () => {
    expect(translate(s4({ entries: [[0x4008n, 0xff_ffff_f007n]] }), S4_ADDRESS).answer).toMatchObject({
      valid: true,
      physicalAddress: 0xff_ffff_fabcn,
    });
  });
});

describe('sections 8 to 10, where documents and posted code differ', () => {
  const SMAP = { cr4: 0x200020n };
  const supervisorPage: Entries = [[0x4008n, 0x5003n]];
  interface Outcome {
    readonly valid: boolean;
    readonly physicalAddress: bigint;
    readonly code: number | null;
    readonly set: boolean;
  }
  const failed = (code: number | null, physicalAddress: bigint, set = false): Outcome => ({
    valid: false,
    physicalAddress,
    code,
    set,
  });
  const found = (code: number | null, physicalAddress: bigint, set = false): Outcome => ({
    valid: true,
    physicalAddress,
    code,
    set,
  });
  const PAE: MachineOptions = { registers: { cr4: 0x20n, efer: 0x800n, cs: { l: 0 }, cr3: 0x1020n } };
  const PAE_ADDRESS = 0xc0201abcn;
  const PAE_SUPERVISOR: Entries = [
    [0x1038n, 0x2001n],
    [0x2008n, 0x3003n],
    [0x3008n, 0x5007n],
  ];

  it.each<[string, MachineOptions, readonly [number, number], Outcome, Outcome, bigint?]>([
    ['NOT_PRESENT', { entries: [[0x4008n, 0n]] }, [0, 0], failed(1, 0x4008n), failed(1, 0x4000n)],
    ['PRIVILEGE_VIOLATION', { entries: [[0x3008n, 0x4005n]] }, [0, 1], failed(2, 0x3008n), failed(2, 0x3000n)],
    ['RESERVED_BITS', { entries: [[0x3008n, 0x202087n]] }, [0, 0], failed(3, 0x3008n), failed(3, 0x3000n)],
    ['INVALID_GPA', { entries: [[0x3008n, 0x20000007n]] }, [0, 0], failed(5, 0x20000008n), failed(5, 0x20000000n)],
    ['INVALID_GVA', {}, [1, 0], failed(4, 0n), failed(4, 0n), 1n << 47n],
    ['a PDPTE of PAE paging', PAE, [0, 0], failed(1, 0x1038n), failed(1, 0n), PAE_ADDRESS],
    [
      'a page directory of PAE paging',
      {
        ...PAE,
        entries: [
          [0x1038n, 0x2001n],
          [0x2008n, 0n],
        ],
      },
      [0, 0],
      failed(1, 0x2008n),
      failed(1, 0x2000n),
      PAE_ADDRESS,
    ],
    ...(['SMEP', 'SMAP'] as const).map(
      (bit, i): [string, MachineOptions, readonly [number, number], Outcome, Outcome, bigint] => [
        `${bit}, a supervisor page of PAE paging: rights are not judged at PDPTEs`,
        { ...PAE, registers: { ...PAE.registers, cr4: 0x20n | (0x100000n << BigInt(i)) }, entries: PAE_SUPERVISOR },
        [0, i === 0 ? 4 : 1],
        found(null, 0x5abcn),
        found(1, 0x5abcn),
        PAE_ADDRESS,
      ],
    ),
    ['success', {}, [0, 0], found(null, 0x5abcn), found(1, 0x5abcn)],
    [
      'success, paging off',
      { registers: { cr0: 1n, efer: 0n, cs: { l: 0 } } },
      [1, 0],
      found(null, 5n, true),
      found(1, 5n, true),
      5n,
    ],
    ['SMAP, a user page', { registers: SMAP }, [0, 1], failed(2, 0x4008n), failed(2, 0x1000n)],
    ['SMAP, a user page, access 0', { registers: SMAP }, [0, 0], failed(2, 0x4008n), failed(null, 0x1000n)],
    [
      'SMAP, a supervisor page',
      { registers: SMAP, entries: supervisorPage },
      [0, 1],
      found(null, 0x5abcn),
      failed(2, 0x1000n),
    ],
    [
      'SMEP, a supervisor page',
      { registers: { cr4: 0x100020n }, entries: supervisorPage },
      [0, 4],
      found(null, 0x5abcn),
      failed(2, 0x1000n),
    ],
    [
      'PKU, key 5 denied',
      { registers: { cr4: 0x400020n, pkru: 0x400 }, entries: [[0x4008n, 0x2800000000005007n]] },
      [0, 0],
      failed(2, 0x4008n),
      found(1, 0x5abcn),
    ],
    [
      'PKU, key 0 denied, the page has key 5',
      { registers: { cr4: 0x400020n, pkru: 1 }, entries: [[0x4008n, 0x2800000000005007n]] },
      [0, 2],
      found(null, 0x5abcn),
      failed(2, 0x1000n),
    ],
    [
      'PKU, key 0 denied, access 0',
      { registers: { cr4: 0x400020n, pkru: 1 } },
      [0, 0],
      failed(2, 0x4008n),
      failed(null, 0x1000n),
    ],
  ])('%s', (_row, options, ask, documented, kernel, linear = S4_ADDRESS) => {
    for (const [semantics, expected] of Object.entries({ documented, kernel })) {
      const { answer } = translate(s4({ ...options, semantics: semantics as 'kernel' }), linear, ...ask);
      const { valid, physicalAddress, errorCode, setBitsSucceeded: set } = answer;
      expect({ semantics, valid, physicalAddress, code: errorCode?.code ?? null, set }).toEqual({
        semantics,
        ...expected,
      });
    }
  });

  it.each<[string, bigint, number, number | null]>([
    ['SMEP', 0x100020n, 4, 2],
    ['SMAP', 0x200020n, 1, 2],
    ['SMAP, access 0', 0x200020n, 0, null],
  ])('PDPTEs of PAE paging by the rules before version 3, with kernel semantics: %s', (_row, cr4, access, code) => {
    const options = { ...PAE, registers: { ...PAE.registers, cr4 }, entries: PAE_SUPERVISOR };
    const { answer } = translate(s4({ ...options, semantics: 'kernel', rules: 2 }), PAE_ADDRESS, 0, access);
    expect([answer.valid, answer.physicalAddress, answer.errorCode?.code ?? null]).toEqual([false, 0n, code]);
  });

  const readOnly: Entries = [
    [0x3008n, 0x80000007n],
    [0x80000008n, 0x5007n],
  ];
  const readOnlyAbove: Entries = [
    [0x1008n, 0x80001007n],
    [0x80001008n, 0x3007n],
    [0x4008n, 0n],
  ];
  it.each<[string, Entries, number, boolean, boolean]>([
    ['flags 0, found', [], 0, false, false],
    ['flags 0, failed', [[0x4008n, 0n]], 0, false, false],
    ['set_accessed, found', [], 1, true, true],
    ['set_accessed, found, read-only', readOnly, 1, false, false],
    ['set_accessed, failed', [[0x4008n, 0n]], 1, false, true],
    ['force, failed', [[0x4008n, 0n]], 5, true, true],
    ['force, failed, read-only above', readOnlyAbove, 5, false, false],
    ['set_accessed, failed, read-only above', readOnlyAbove, 1, false, true],
    ['force, failed at the root', [[0x1008n, 0n]], 5, true, true],
  ])('set_bits_succeeded: %s', (_row, entries, flags, documented, kernel) => {
    const succeeded = (semantics: 'documented' | 'kernel') =>
      translate(s4({ entries, semantics }), S4_ADDRESS, flags).answer.setBitsSucceeded;
    expect([succeeded('documented'), succeeded('kernel')]).toEqual([documented, kernel]);
  });

  it('set_bits_succeeded: any flags, an impossible address', () => {
    for (const semantics of ['documented', 'kernel'] as const)
      for (const flags of [1, 5])
        expect(translate(s4({ semantics }), 1n << 47n, flags).answer.setBitsSucceeded).toBe(false);
  });
});

describe('section 10, accessed and dirty bits', () => {
  const SET: Entries = [
    [0x1008n, 0x2027n],
    [0x2008n, 0x3027n],
    [0x3008n, 0x4027n],
    [0x4008n, 0x5067n],
  ];
  it.each<[string, Entries, readonly [number, number], Entries]>([
    ['a plain probe sets nothing', [], [0, 1], []],
    [
      'entries that have the bit are not written',
      [[0x2008n, 0x3027n]],
      [1, 0],
      [
        [0x1008n, 0x2027n],
        [0x3008n, 0x4027n],
        [0x4008n, 0x5027n],
      ],
    ],
    ['nothing is left to set', SET, [3, 1], []],
    [
      'a leaf that was accessed gets the dirty bit',
      [...SET.slice(0, 3), [0x4008n, 0x5027n]],
      [3, 1],
      [[0x4008n, 0x5067n]],
    ],
    [
      'a directory keeps its bit 6',
      [[0x3008n, 0x4047n]],
      [3, 1],
      [
        [0x1008n, 0x2027n],
        [0x2008n, 0x3027n],
        [0x3008n, 0x4067n],
        [0x4008n, 0x5067n],
      ],
    ],
    ['set_accessed and write: no dirty bit', [], [1, 1], [...SET.slice(0, 3), [0x4008n, 0x5027n]]],
    ['failed without force: nothing', [[0x3008n, 0n]], [1, 0], []],
    ['failed with force: what is above', [[0x3008n, 0n]], [5, 0], SET.slice(0, 2)],
    ['failed with force: no dirty bit', [[0x4008n, 0x5005n]], [7, 1], SET.slice(0, 3)],
    ['failed at the root with force: nothing', [[0x1008n, 0n]], [5, 0], []],
    ['the bits of a 2 MiB page', [[0x3008n, 0x200087n]], [3, 1], [...SET.slice(0, 2), [0x3008n, 0x2000e7n]]],
    [
      'the bits of a 1 GiB page',
      [[0x2008n, 0x40000087n]],
      [3, 1],
      [
        [0x1008n, 0x2027n],
        [0x2008n, 0x400000e7n],
      ],
    ],
    [
      'upper words stay',
      [[0x4008n, 0x7ff0_0000_0000_5007n]],
      [3, 1],
      [...SET.slice(0, 3), [0x4008n, 0x7ff0_0000_0000_5067n]],
    ],
  ])('%s', (_row, entries, ask, expected) => {
    for (const semantics of ['documented', 'kernel'] as const)
      expect(translate(s4({ entries, semantics }), S4_ADDRESS, ...ask).set).toEqual(expected);
  });

  it('a 4 MiB page of 32-bit paging has them in its directory entry, of 4 bytes', () => {
    const registers = { cr4: 0x10n, efer: 0n, cs: { l: 0 } } as const;
    const machine = s4({ registers, entrySize: 4, entries: [[0x100cn, 0xc00087n]] });
    expect(translate(machine, 0xc03abcn, 3, 1).set).toEqual([[0x100cn, 0xc000e7n]]);
  });

  it('a table that is its own gets each bit once it is wanted', () => {
    const self = s4({ entries: [[0x1008n, 0x1007n]] });
    const { answer, set } = translate(self, S4_ADDRESS, 3, 1);
    expect(answer).toMatchObject({ valid: true, physicalAddress: 0x1abcn, setBitsSucceeded: true });
    expect(set.at(-1)).toEqual([0x1008n, 0x1067n]);
  });
});
