import fc from 'fast-check';
import { type GuestAccess, translateGuestAccess } from '../../../../src/domain/x86_64/paging/guest-translation.js';
import { translateLegacyAddress } from '../../../../src/domain/x86_64/paging/legacy-translation.js';
import { type MachineOptions, S4_ADDRESS, entriesSet, s4 } from '../../support/x86-machine.js';

const guest = (options: MachineOptions, access: GuestAccess = {}, linear = S4_ADDRESS) => {
  const machine = s4(options);
  return translateGuestAccess(machine, machine.registers, linear, access);
};

const PFERR = (...bits: readonly number[]) => ({
  vector: 14,
  errorCode: bits.reduce((mask, bit) => mask | bit, 0),
  address: S4_ADDRESS,
});
const [P, W, U, RSVD, I, PK] = [1, 2, 4, 8, 16, 32];

describe('an access of the guest', () => {
  it.each<[string, GuestAccess, bigint]>([
    ['a read', {}, 0x5027n],
    ['a fetch by a user', { exec: true, user: true }, 0x5027n],
    ['a write', { write: true }, 0x5067n],
  ])('%s sets accessed bits, and the dirty bit for a write', (_name, access, leaf) => {
    const found = guest({}, access);
    if (found.exception) throw new Error('there is no exception to raise');
    expect(found.gpa).toBe(0x5abcn);
    expect(entriesSet(found.facts)).toEqual([
      [0x1008n, 0x2027n],
      [0x2008n, 0x3027n],
      [0x3008n, 0x4027n],
      [0x4008n, leaf],
    ]);
  });

  it.each<[string, MachineOptions, GuestAccess, number[]]>([
    ['not present', { entries: [[0x4008n, 0n]] }, {}, []],
    ['not present, a write by a user', { entries: [[0x4008n, 0n]] }, { write: true, user: true }, [W, U]],
    ['no table', { entries: [[0x3008n, 0x20000007n]] }, { write: true }, [W]],
    ['reserved bits', { entries: [[0x3008n, 0x202087n]] }, {}, [P, RSVD]],
    ['no right to write', { entries: [[0x4008n, 0x5005n]] }, { write: true }, [P, W]],
    ['no right of users', { entries: [[0x2008n, 0x3003n]] }, { user: true }, [P, U]],
    [
      'rights are judged last',
      {
        entries: [
          [0x2008n, 0x3005n],
          [0x4008n, 0n],
        ],
      },
      { write: true },
      [W],
    ],
    ['NX', { entries: [[0x4008n, 0x8000000000005007n]] }, { exec: true }, [P, I]],
    [
      'a fetch with neither NXE nor SMEP',
      { entries: [[0x4008n, 0n]], registers: { efer: 0x500n } },
      { exec: true },
      [],
    ],
    [
      'a fetch with SMEP alone',
      { entries: [[0x4008n, 0n]], registers: { efer: 0x500n, cr4: 0x100020n } },
      { exec: true },
      [I],
    ],
    ['SMAP', { registers: { cr4: 0x200020n } }, {}, [P]],
    ['a protection key', { registers: { cr4: 0x400020n, pkru: 1 } }, { user: true }, [P, U, PK]],
    ['a protection key and SMAP', { registers: { cr4: 0x600020n, pkru: 1 } }, {}, [P, PK]],
    [
      'a right and a protection key',
      { registers: { cr4: 0x400020n, pkru: 2 }, entries: [[0x4008n, 0x5005n]] },
      { write: true },
      [P, W, PK],
    ],
  ])('raises a page fault: %s', (_name, options, access, bits) => {
    expect(guest(options, access)).toEqual({ exception: PFERR(...bits) });
  });

  it('to an address that is not canonical is a general-protection exception', () => {
    expect(guest({}, {}, 1n << 47n)).toEqual({ exception: { vector: 13, errorCode: 0 } });
  });

  it('outside 64-bit mode has an address of 32 bits', () => {
    const registers = { cr0: 1n, efer: 0n, cs: { l: 0 } } as const;
    expect(guest({ registers }, {}, 0x1_2345_6789n)).toEqual({ gpa: 0x2345_6789n, facts: [] });
    const paging = { cr4: 0x10n, efer: 0n, cs: { l: 0 } } as const;
    expect(guest({ registers: paging }, {}, 0x1_2345_6789n)).toEqual({
      exception: { vector: 14, errorCode: 0, address: 0x2345_6789n },
    });
  });

  it('skips tables that it must not write', () => {
    const entries = [
      [0x3008n, 0x80000007n],
      [0x80000008n, 0x5007n],
    ] as const;
    const found = guest({ entries }, { write: true });
    if (found.exception) throw new Error('there is no exception to raise');
    expect(entriesSet(found.facts).map(([at]) => at)).toEqual([0x1008n, 0x2008n, 0x3008n]);
  });
});

describe('section 12, KVM_TRANSLATE', () => {
  const legacy = (options: MachineOptions, linear = S4_ADDRESS) => {
    const machine = s4(options);
    const { answer, facts } = translateLegacyAddress(machine, machine.registers, linear);
    return { valid: answer.valid, physical: answer.physicalAddress, set: entriesSet(facts).length };
  };
  const NOWHERE = (1n << 64n) - 1n;

  it.each<[string, MachineOptions, bigint, ReturnType<typeof legacy>]>([
    ['success: accessed on every level, never dirty', {}, S4_ADDRESS, { valid: true, physical: 0x5abcn, set: 4 }],
    [
      'failure: all ones, nothing set',
      { entries: [[0x2008n, 0n]] },
      S4_ADDRESS,
      { valid: false, physical: NOWHERE, set: 0 },
    ],
    [
      'rights at the leaf: a supervisor page',
      { entries: [[0x2008n, 0x3001n]] },
      S4_ADDRESS,
      { valid: true, physical: 0x5abcn, set: 4 },
    ],
    [
      'SMAP denies a user page',
      { registers: { cr4: 0x200020n } },
      S4_ADDRESS,
      { valid: false, physical: NOWHERE, set: 0 },
    ],
    [
      'SMAP allows a supervisor page under user directories',
      { registers: { cr4: 0x200020n }, entries: [[0x4008n, 0x5003n]] },
      S4_ADDRESS,
      { valid: true, physical: 0x5abcn, set: 4 },
    ],
    ['PKU denies', { registers: { cr4: 0x400020n, pkru: 1 } }, S4_ADDRESS, { valid: false, physical: NOWHERE, set: 0 }],
    ['no canonical check', {}, S4_ADDRESS | (1n << 60n), { valid: true, physical: 0x5abcn, set: 4 }],
    ['no 32-bit check', { registers: { cs: { l: 0 } } }, S4_ADDRESS, { valid: true, physical: 0x5abcn, set: 4 }],
    [
      'paging off: 64 bits as they are',
      { registers: { cr0: 1n, efer: 0n, cs: { l: 0 } } },
      0xfedc_ba98_7654_3210n,
      { valid: true, physical: 0xfedc_ba98_7654_3210n, set: 0 },
    ],
    [
      'paging off: all ones mean no address',
      { registers: { cr0: 1n, efer: 0n, cs: { l: 0 } } },
      NOWHERE,
      { valid: false, physical: NOWHERE, set: 0 },
    ],
  ])('%s', (_row, options, linear, expected) => {
    expect(legacy(options, linear)).toEqual(expected);
    expect(legacy({ ...options, semantics: 'kernel' }, linear)).toEqual(expected);
  });

  it('is always writeable and never of user mode', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: NOWHERE }), (linear) => {
        const machine = s4();
        const { answer } = translateLegacyAddress(machine, machine.registers, linear);
        expect([answer.writeable, answer.usermode]).toEqual([true, false]);
      }),
      { numRuns: 20 },
    );
  });
});
