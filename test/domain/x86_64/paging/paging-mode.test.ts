import { pagingMode } from '../../../../src/domain/x86_64/paging/paging-mode.js';
import { impossible } from '../../../../src/domain/x86_64/paging/linear-address.js';
import { RESERVED, type ReservedEntry, reservedBits } from '../../../../src/domain/x86_64/paging/reserved-bits.js';
import { S4_ADDRESS, s4, translate } from '../../support/x86-machine.js';

const PG = 1n << 31n;
const PAE = 1n << 5n;
const LA57 = 1n << 12n;
const LMA = 1n << 10n;

describe('section 3, the mode that registers select', () => {
  it.each([
    ['CR0.PG=0', { cr0: 1n, cr4: PAE, efer: LMA }, undefined],
    ['PG, LMA=0, PAE=0', { cr0: PG, cr4: LA57, efer: 0n }, ['32bit', 4, [10, 10]]],
    ['PG, LMA=0, PAE=1', { cr0: PG, cr4: PAE | LA57, efer: 0n }, ['pae', 8, [2, 9, 9]]],
    ['PG, LMA=1, LA57=0', { cr0: PG, cr4: PAE, efer: LMA }, ['4level', 8, [9, 9, 9, 9]]],
    ['PG, LMA=1, LA57=1', { cr0: PG, cr4: PAE | LA57, efer: LMA }, ['5level', 8, [9, 9, 9, 9, 9]]],
  ])('%s', (_row, registers, expected) => {
    const mode = pagingMode(registers);
    expect(mode && [mode.name, mode.entrySize, mode.levels.map(({ indexBits }) => indexBits)]).toEqual(expected);
  });

  it.each([
    ['32bit', { cr0: PG, cr4: 0n, efer: 0n }, [22, 12]],
    ['PAE', { cr0: PG, cr4: PAE, efer: 0n }, [30, 21, 12]],
    ['4-level', { cr0: PG, cr4: PAE, efer: LMA }, [39, 30, 21, 12]],
    ['5-level', { cr0: PG, cr4: PAE | LA57, efer: LMA }, [48, 39, 30, 21, 12]],
  ])('section 6, fields of the address: %s', (_mode, registers, shifts) => {
    expect(pagingMode(registers)?.levels.map(({ shift }) => shift)).toEqual(shifts);
  });

  it.each([
    ['4-level: bits 51:12, whatever PCID, PWT and PCD', {}, 0x8000_0000_0000_1fffn],
    ['4-level: the plain address', {}, 0x1000n],
  ])('section 6, the root: %s', (_row, options, cr3) => {
    expect(translate(s4({ ...options, registers: { cr3 } }), S4_ADDRESS).answer.physicalAddress).toBe(0x5abcn);
  });

  it('section 6, the root of 32-bit paging: bits 31:12', () => {
    const registers = { cr4: 0x10n, efer: 0n, cs: { l: 0 }, cr3: 0x7_0000_1fffn } as const;
    const machine = s4({
      registers,
      entrySize: 4,
      entries: [
        [0x100cn, 0x2007n],
        [0x200cn, 0x5007n],
      ],
    });
    expect(translate(machine, 0xc03abcn).answer.physicalAddress).toBe(0x5abcn);
  });
});

describe('section 4, addresses that the mode cannot have', () => {
  const in64 = { cr4: 0n, efer: LMA, cs: { l: 1 } } as const;
  const base = { cr0: PG, cr3: 0n, rflags: 0n, pkru: 0 };
  it.each([
    ['48 bits: the last of the lower half', in64, 0x7fff_ffff_ffffn, undefined],
    ['48 bits: the first of the upper half', in64, 0xffff_8000_0000_0000n, undefined],
    ['48 bits: between them, low', in64, 0x8000_0000_0000n, 'non_canonical'],
    ['48 bits: between them, high', in64, 0xffff_7fff_ffff_ffffn, 'non_canonical'],
    ['57 bits: the last of the lower half', { ...in64, cr4: LA57 }, 0xff_ffff_ffff_ffffn, undefined],
    ['57 bits: the first of the upper half', { ...in64, cr4: LA57 }, 0xff00_0000_0000_0000n, undefined],
    ['57 bits: between them', { ...in64, cr4: LA57 }, 0x100_0000_0000_0000n, 'non_canonical'],
    ['compatibility mode: 32 bits', { ...in64, cs: { l: 0 } }, 0xffff_ffffn, undefined],
    ['compatibility mode: 33 bits', { ...in64, cs: { l: 0 } }, 1n << 32n, 'above_4g'],
    ['CS.L without LMA is not 64-bit mode', { ...in64, efer: 0n }, 1n << 32n, 'above_4g'],
    ['paging off: 33 bits', { ...in64, efer: 0n, cs: { l: 0 }, cr0: 1n }, 1n << 32n, 'above_4g'],
  ] as const)('%s', (_row, registers, linear, reason) => {
    expect(impossible({ ...base, ...registers }, linear)).toBe(reason);
  });

  it('are answered without a walk, and nothing is set', () => {
    expect(translate(s4(), 1n << 47n, 7, 1, true)).toEqual({
      answer: {
        valid: false,
        physicalAddress: 0n,
        errorCode: { code: 4, name: 'invalid_gva' },
        setBitsSucceeded: false,
        walk: [],
        stoppedBy: {
          reason: 'non_canonical',
          check: 'in 64-bit mode the bits above the highest index must all be equal to the one below them',
        },
      },
      set: [],
    });
  });
});

describe('section 5, paging off', () => {
  const off = s4({ registers: { cr0: 1n, efer: 0n, cs: { l: 0 } } });
  it.each([
    [0, false],
    [1, true],
    [5, true],
  ])('the address is the physical one, in a slot or not, whatever the access; flags %i', (flags, setBitsSucceeded) => {
    for (const access of [0, 2, 4, 6])
      expect(translate(off, 0xffff_ffffn, flags, access)).toEqual({
        answer: { valid: true, physicalAddress: 0xffff_ffffn, errorCode: null, setBitsSucceeded },
        set: [],
      });
  });
});

describe('section 7, reserved bits', () => {
  const range = (high: number, low: number) => (high < low ? 0n : ((1n << BigInt(high - low + 1)) - 1n) << BigInt(low));
  const B63 = 1n << 63n;
  /** Masks with bit 7 clear and set for MAXPHYADDR `m`, with EFER.NXE=1, CR4.PSE=1, GBPAGES, Intel. */
  const rows: Readonly<Record<ReservedEntry, (m: number) => readonly [bigint, bigint]>> = {
    legacy_pt: () => [0n, 0n],
    legacy_pd: () => [0n, range(21, 17)],
    pae_pt: (m) => [range(62, m), range(62, m)],
    pae_pd: (m) => [range(62, m), range(62, m) | range(20, 13)],
    pae_pdpt: (m) => [range(63, m) | range(2, 1) | range(8, 5), range(63, m) | range(2, 1) | range(8, 5)],
    pt: (m) => [range(51, m), range(51, m)],
    pd: (m) => [range(51, m), range(51, m) | range(20, 13)],
    pdpt: (m) => [range(51, m), range(51, m) | range(29, 13)],
    pml4: (m) => [range(51, m), range(51, m) | 0x80n],
    pml5: (m) => [range(51, m), range(51, m) | 0x80n],
  };
  const facts = { cpuVendor: 'intel', gbPages: true, nxe: true, pse: true } as const;
  const ENTRIES = Object.keys(RESERVED) as ReservedEntry[];

  it.each(ENTRIES.flatMap((entry) => [36, 40, 46, 52].map((m) => [entry, m] as const)))(
    '%s, MAXPHYADDR %i',
    (entry, m) => {
      const machine = { ...facts, maxPhysAddrBits: m };
      expect([reservedBits(entry, false, machine), reservedBits(entry, true, machine)]).toEqual(rows[entry](m));
    },
  );

  it.each(ENTRIES)('%s: bit 63 without NXE, bit 8 of upper tables on AMD, bit 7 without GBPAGES, no PSE', (entry) => {
    const [clear, set] = rows[entry](46);
    const masks = (change: object) =>
      [false, true].map((large) => reservedBits(entry, large, { ...facts, maxPhysAddrBits: 46, ...change }));
    const nx = entry.startsWith('legacy') ? 0n : B63;
    expect(masks({ nxe: false })).toEqual([clear | nx, set | nx]);
    const global = entry === 'pml4' || entry === 'pml5' ? 0x100n : 0n;
    for (const cpuVendor of ['amd', 'hygon']) expect(masks({ cpuVendor })).toEqual([clear | global, set | global]);
    expect(masks({ gbPages: false })).toEqual([clear, entry === 'pdpt' ? set | 0x80n : set]);
    expect(masks({ pse: false })).toEqual([clear, entry === 'legacy_pd' ? 0n : set]);
  });

  it('a page that is not present is not looked at', () => {
    expect(translate(s4({ entries: [[0x4008n, (1n << 51n) | 0x5006n]] }), S4_ADDRESS).answer.errorCode?.name).toBe(
      'not_present',
    );
  });

  it('bit 7 of an entry that maps 4 KiB is PAT, bits 9 to 11 and 52 to 58 of long mode are free', () => {
    const entries = [[0x4008n, 0x07f0_0000_0000_5e87n]] as const;
    expect(translate(s4({ entries }), S4_ADDRESS).answer.physicalAddress).toBe(0x5abcn);
  });
});
