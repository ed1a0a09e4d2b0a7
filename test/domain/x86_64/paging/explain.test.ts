import { toJson } from '../../../../src/domain/json.js';
import type { Reply } from '../../../../src/domain/vm/decision.js';
import { STOPS } from '../../../../src/domain/x86_64/paging/explain.js';
import { RULES } from '../../../../src/domain/x86_64/paging/permissions.js';
import { vtopText } from '../../../../src/domain/x86_64/paging/vtop-text.js';
import { type Entries, type MachineOptions, S4_ADDRESS, s4, translate } from '../../support/x86-machine.js';

const explained = (options: MachineOptions = {}, linear = S4_ADDRESS, flags = 0, access = 0) =>
  translate(s4(options), linear, flags, access, true).answer;

const DOWN = ['present', 'write', 'user'];

describe('the explained walk', () => {
  it('lists every entry read, from the root down, as it was before bits were set', () => {
    expect(explained({}, S4_ADDRESS, 3, 1)).toEqual({
      valid: true,
      physicalAddress: 0x5abcn,
      errorCode: null,
      setBitsSucceeded: true,
      walk: [
        { level: 4, table: 'pml4', index: 1, entryAddress: 0x1008n, entry: 0x2007n, flags: DOWN, next: 0x2000n },
        { level: 3, table: 'pdpt', index: 1, entryAddress: 0x2008n, entry: 0x3007n, flags: DOWN, next: 0x3000n },
        { level: 2, table: 'pd', index: 1, entryAddress: 0x3008n, entry: 0x4007n, flags: DOWN, next: 0x4000n },
        {
          level: 1,
          table: 'pt',
          index: 1,
          entryAddress: 0x4008n,
          entry: 0x5007n,
          flags: DOWN,
          pageSize: 4096,
          next: 0x5000n,
        },
      ],
    });
  });

  it('adds to the answer and changes nothing else', () => {
    for (const access of [0, 1, 2, 4, 7])
      for (const entries of [[], [[0x3008n, 0x4005n]], [[0x4008n, 0n]], [[0x1008n, 0x2087n]]] as Entries[]) {
        const { walk, stoppedBy, ...answer } = explained({ entries }, S4_ADDRESS, 1, access);
        expect(answer).toEqual(translate(s4({ entries }), S4_ADDRESS, 1, access).answer);
        expect(walk?.length).toBeGreaterThan(0);
        expect(stoppedBy === undefined).toBe(answer.valid);
      }
  });

  it.each<[string, MachineOptions, object]>([
    [
      'a 2 MiB page',
      { entries: [[0x3008n, 0x2011e7n]] },
      { flags: [...DOWN, 'accessed', 'dirty', 'large', 'global', 'pat'], pageSize: 0x200000, next: 0x200000n },
    ],
    [
      'a 1 GiB page',
      { entries: [[0x2008n, 0x40000087n]] },
      { flags: [...DOWN, 'large'], pageSize: 0x40000000, next: 0x40000000n },
    ],
    [
      'every flag of a page',
      { entries: [[0x4008n, 0x80000000000051ffn]] },
      { flags: [...DOWN, 'write_through', 'cache_disable', 'accessed', 'dirty', 'pat', 'global', 'no_execute'] },
    ],
    ['an entry with a reserved bit', { entries: [[0x3008n, 0x202087n]] }, { flags: [...DOWN, 'large', 'reserved'] }],
    [
      'an entry that is not present',
      { entries: [[0x4008n, 0x80000000000051fen]] },
      { entry: 0x80000000000051fen, flags: [] },
    ],
  ])('says what the last entry is: %s', (_name, options, expected) => {
    expect(explained(options).walk?.at(-1)).toMatchObject(expected);
  });

  it('bits 6 and 8 of a directory mean nothing', () => {
    expect(explained({ entries: [[0x3008n, 0x4147n]] }).walk?.[2]).toMatchObject({ table: 'pd', flags: DOWN });
  });

  it('knows PDPTEs of PAE paging and entries of 4 bytes', () => {
    const pae = { registers: { cr4: 0x20n, efer: 0x800n, cs: { l: 0 }, cr3: 0x1020n } } as const;
    expect(explained({ ...pae, entries: [[0x1038n, 0x2019n]] }, 0xc0201abcn).walk?.[0]).toEqual({
      level: 3,
      table: 'pdpt',
      index: 3,
      entryAddress: 0x1038n,
      entry: 0x2019n,
      flags: ['present', 'write_through', 'cache_disable'],
      next: 0x2000n,
    });
    const legacy = { registers: { cr4: 0x10n, efer: 0n, cs: { l: 0 } }, entrySize: 4 } as const;
    expect(explained({ ...legacy, entries: [[0x100cn, 0xc06087n]] }, 0xc03abcn).walk).toEqual([
      {
        level: 2,
        table: 'pd',
        index: 3,
        entryAddress: 0x100cn,
        entry: 0xc06087n,
        flags: [...DOWN, 'large'],
        pageSize: 0x400000,
        next: 0x300c00000n,
      },
    ]);
  });

  it.each<[keyof typeof STOPS, MachineOptions, number, bigint?]>([
    ['non_canonical', {}, 0, 1n << 47n],
    ['above_4g', { registers: { cs: { l: 0 } } }, 0],
    ['table_unbacked', { entries: [[0x3008n, 0x20000007n]] }, 0],
    ['not_present', { entries: [[0x4008n, 0n]] }, 0],
    ['reserved_bits', { entries: [[0x3008n, 0x202087n]] }, 0],
    ['user', { entries: [[0x3008n, 0x4003n]] }, 2],
    ['write', { entries: [[0x3008n, 0x4005n]] }, 1],
    ['execute', { entries: [[0x3008n, 0x8000000000004007n]] }, 4],
    ['smep', { registers: { cr4: 0x100020n } }, 4],
    ['smap', { registers: { cr4: 0x200020n } }, 0],
    ['pku', { registers: { cr4: 0x400020n, pkru: 1 } }, 2],
  ])('says what it stopped at: %s', (reason, options, access, linear = S4_ADDRESS) => {
    const { stoppedBy, errorCode } = explained(options, linear, 0, access);
    expect(stoppedBy).toEqual({ reason, check: STOPS[reason].check });
    expect(errorCode?.name).toBe(STOPS[reason].fault);
  });

  it('every rule about rights has its own reason', () => {
    expect(Object.keys(STOPS)).toEqual(expect.arrayContaining(Object.keys(RULES)));
  });

  it('is empty where paging is off', () => {
    const off = { registers: { cr0: 1n, efer: 0n, cs: { l: 0 } } } as const;
    expect(explained(off, 5n)).toMatchObject({ valid: true, walk: [] });
  });
});

describe('a translation as text', () => {
  const text = (options: MachineOptions = {}, linear = S4_ADDRESS, access = 0) =>
    vtopText({ linearAddress: linear }, explained(options, linear, 0, access)).split('\n');

  it('a page: every entry, then the page', () => {
    expect(text()).toEqual([
      'VIRTUAL           PHYSICAL',
      '8040201abc        5abc',
      '',
      'PML4E: 0000000000001008 => 0000000000002007 (present, write, user)',
      'PDPTE: 0000000000002008 => 0000000000003007 (present, write, user)',
      '  PDE: 0000000000003008 => 0000000000004007 (present, write, user)',
      '  PTE: 0000000000004008 => 0000000000005007 (present, write, user, page size 4K)',
      ' PAGE: 0000000000005000 (4K)',
      '',
    ]);
  });

  it('a large page of 32-bit paging', () => {
    const legacy = { registers: { cr4: 0x10n, efer: 0n, cs: { l: 0 } }, entrySize: 4 } as const;
    expect(text({ ...legacy, entries: [[0x100cn, 0xc06087n]] }, 0xc03abcn).slice(1)).toEqual([
      'c03abc            300c03abc',
      '',
      '  PDE: 000000000000100c => 00c06087 (present, write, user, large, page size 4M)',
      ' PAGE: 0000000300c00000 (4M)',
      '',
    ]);
  });

  it('a fault: the error, where, and the check', () => {
    expect(text({ entries: [[0x2008n, 0x3005n]] }, S4_ADDRESS, 1).slice(1)).toEqual([
      '8040201abc        (not mapped)',
      '',
      'PML4E: 0000000000001008 => 0000000000002007 (present, write, user)',
      'PDPTE: 0000000000002008 => 0000000000003005 (present, user)',
      '  ERR: 2 privilege-violation, physical address 2008',
      ' STOP: write: a write needs RW=1 on every level, unless it is a supervisor write with CR0.WP=0',
      '',
    ]);
  });

  it('a fault that the posted code does not name', () => {
    const lines = text({ registers: { cr4: 0x200020n }, semantics: 'kernel' });
    expect(lines.at(-3)).toBe('  ERR: 0, physical address 1000');
  });

  it('paging off, and a refused item of a batch', () => {
    expect(text({ registers: { cr0: 1n, efer: 0n, cs: { l: 0 } } }, 0x5abcn).slice(1)).toEqual([
      '5abc              5abc',
      '',
      ' PAGE: 0000000000005000 (4K)',
      '',
    ]);
    expect(vtopText({ linearAddress: 1n }, { ret: -22, errno: 'EINVAL' }).split('\n')[1]).toBe(
      '1                 (not mapped)',
    );
  });

  it('takes the answer in its JSON form as well', () => {
    for (const entries of [[], [[0x4008n, 0n]]] as Entries[]) {
      const answer = explained({ entries });
      expect(vtopText({ linearAddress: S4_ADDRESS }, toJson(answer) as Reply)).toBe(
        vtopText({ linearAddress: S4_ADDRESS }, answer),
      );
    }
  });
});
