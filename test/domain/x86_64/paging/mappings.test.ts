import fc from 'fast-check';
import { frameOf } from '../../../../src/domain/memory/address.js';
import { highWord, lowWord } from '../../../../src/domain/memory/words.js';
import { isCanonical } from '../../../../src/domain/x86_64/paging/linear-address.js';
import {
  type MappedRun,
  type Mappings,
  TABLES_MAX,
  mappingsOf,
} from '../../../../src/domain/x86_64/paging/mappings.js';
import { pagingOf } from '../../../../src/domain/x86_64/paging/paging.js';
import { Walker } from '../../../../src/domain/x86_64/paging/walk.js';
import {
  type Entries,
  type Machine,
  type MachineOptions,
  memoryOf,
  putEntries,
  s4,
} from '../../support/x86-machine.js';

interface Range {
  readonly from?: bigint;
  readonly to?: bigint;
  readonly limit?: number;
}

const mapped = (machine: Machine, { from = 0n, to, limit = 100 }: Range = {}): Mappings =>
  mappingsOf(machine, machine.registers, { from, to, limit });

/** Runs as text: where, what, how much, size of pages, rights. */
const line = ({ linearAddress, physicalAddress, size, pageSize, rights, protectionKey }: MappedRun): string =>
  [
    [linearAddress, physicalAddress, size].map((value) => value.toString(16)).join(' '),
    pageSize?.toString(16) ?? '-',
    rights.map((right) => right[0]).join('') || '-',
    ...(protectionKey === undefined ? [] : [`key ${protectionKey}`]),
  ].join(' ');

const lines = (options: MachineOptions, range?: Range): string[] => mapped(s4(options), range).runs.map(line);

/** `count` entries in a row that map page after page. */
const pages = (at: bigint, count: number, entry: bigint, step = 0x1000n): Entries =>
  Array.from({ length: count }, (_, i) => [at + 8n * BigInt(i), entry + step * BigInt(i)] as const);

describe('what is mapped', () => {
  it.each<[string, MachineOptions, readonly string[], Range?]>([
    ['one page', {}, ['8040201000 5000 1000 1000 wue']],
    ['pages in a row are one run', { entries: pages(0x4000n, 8, 0x9007n) }, ['8040200000 9000 8000 1000 wue']],
    [
      'other frames begin another run',
      { entries: pages(0x4008n, 2, 0x9007n, 0x3000n) },
      ['8040201000 9000 1000 1000 wue', '8040202000 c000 1000 1000 wue'],
    ],
    [
      'other rights begin another run',
      { entries: [[0x4010n, 0x6005n]] },
      ['8040201000 5000 1000 1000 wue', '8040202000 6000 1000 1000 ue'],
    ],
    [
      'a gap begins another run',
      { entries: [[0x4018n, 0x7007n]] },
      ['8040201000 5000 1000 1000 wue', '8040203000 7000 1000 1000 wue'],
    ],
    [
      'rights are those of all levels',
      {
        entries: [
          [0x2008n, 0x3003n],
          [0x3008n, 0x8000000000004005n],
        ],
      },
      ['8040201000 5000 1000 1000 -'],
    ],
    ['a 2 MiB page', { entries: [[0x3008n, 0x200087n]] }, ['8040200000 200000 200000 200000 wue']],
    [
      '2 MiB pages in a row',
      { entries: pages(0x3000n, 3, 0x600087n, 0x200000n) },
      ['8040000000 600000 600000 200000 wue'],
    ],
    [
      'another size of pages begins another run',
      { entries: [...pages(0x4000n, 512, 0x200007n), [0x3010n, 0x400087n]] },
      ['8040200000 200000 200000 1000 wue', '8040400000 400000 200000 200000 wue'],
    ],
    ['a 1 GiB page', { entries: [[0x2008n, 0x40000087n]] }, ['8040000000 40000000 40000000 40000000 wue']],
    ['reserved bits map nothing', { entries: [[0x3008n, 0x202087n]] }, []],
    ['a table in no slot maps nothing', { entries: [[0x3008n, 0x20000007n]] }, []],
    ['a page in no slot is mapped', { entries: [[0x4008n, 0x7000000007n]] }, ['8040201000 7000000000 1000 1000 wue']],
    [
      'the upper half',
      { entries: [[0x1ff8n, 0x2007n]] },
      ['8040201000 5000 1000 1000 wue', 'ffffff8040201000 5000 1000 1000 wue'],
    ],
    [
      'protection keys, of user pages',
      {
        registers: { cr4: 0x400020n },
        entries: [
          [0x4008n, 0x2800000000005007n],
          [0x4010n, 0x2800000000006003n],
        ],
      },
      ['8040201000 5000 1000 1000 wue key 5', '8040202000 6000 1000 1000 we'],
    ],
    [
      'compatibility mode: below 4 GiB alone',
      {
        registers: { cs: { l: 0 } },
        entries: [
          [0x1000n, 0x2007n],
          [0x2000n, 0x3007n],
        ],
      },
      ['201000 5000 1000 1000 wue', '40201000 5000 1000 1000 wue'],
    ],
    [
      '5-level',
      {
        registers: { cr4: 0x1020n },
        entries: [
          [0x1008n, 0x6007n],
          [0x1ff8n, 0x6007n],
          [0x6008n, 0x2007n],
        ],
      },
      ['1008040201000 5000 1000 1000 wue', 'ffff008040201000 5000 1000 1000 wue'],
    ],
    [
      'PAE: PDPTEs restrict nothing',
      {
        registers: { cr4: 0x20n, efer: 0x800n, cs: { l: 0 }, cr3: 0x1020n },
        entries: [
          [0x1038n, 0x2001n],
          [0x2008n, 0x3007n],
          [0x3008n, 0x5007n],
        ],
      },
      ['c0201000 5000 1000 1000 wue'],
    ],
    [
      '32-bit, 4 KiB and 4 MiB, PSE-36',
      {
        registers: { cr4: 0x10n, efer: 0n, cs: { l: 0 } },
        entrySize: 4,
        entries: [
          [0x1000n, 0n],
          [0x1008n, 0n],
          [0x100cn, 0x2007n],
          [0x1010n, 0x1006085n],
          [0x2008n, 0n],
          [0x200cn, 0x5007n],
        ],
      },
      ['c03000 5000 1000 1000 wue', '1000000 301000000 400000 400000 ue'],
    ],
    ['paging off', { registers: { cr0: 1n, efer: 0n, cs: { l: 0 } } }, ['0 0 100000000 - wue']],
  ])('%s', (_name, options, expected) => {
    expect(lines(options)).toEqual(expected);
  });

  it.each<[string, MachineOptions, Range, readonly string[]]>([
    [
      'a range cuts a large page',
      { entries: [[0x3008n, 0x200087n]] },
      { from: 0x8040210000n, to: 0x8040213000n },
      ['8040210000 210000 3000 200000 wue'],
    ],
    [
      'ends are widened to pages',
      { entries: pages(0x4000n, 8, 0x9007n) },
      { from: 0x8040201fffn, to: 0x8040203001n },
      ['8040201000 a000 3000 1000 wue'],
    ],
    ['an empty range', {}, { from: 0x8040201000n, to: 0x8040201000n }, []],
    ['what lies outside is left out', {}, { from: 0x8040202000n }, []],
    [
      'up to the last address of all',
      {
        entries: [
          [0x1ff8n, 0x2007n],
          [0x2ff8n, 0x3007n],
          [0x3ff8n, 0x4007n],
          [0x4ff8n, 0x6007n],
        ],
      },
      { from: 0xffffffffffff0000n },
      ['fffffffffffff000 6000 1000 1000 wue'],
    ],
    ['addresses that are not canonical are skipped', {}, { from: 1n << 47n, to: (1n << 64n) - (1n << 47n) }, []],
    [
      'paging off',
      { registers: { cr0: 1n, efer: 0n, cs: { l: 0 } } },
      { from: 0xfee00000n, to: 1n << 40n },
      ['fee00000 fee00000 1200000 - wue'],
    ],
  ])('%s', (_name, options, range, expected) => {
    expect(lines(options, range)).toEqual(expected);
  });
});

describe('much that is mapped', () => {
  /** Every other page of a 2 MiB range. */
  const scattered = s4({ entries: pages(0x4000n, 512, 0x100007n, 0x2000n) });

  it('comes in pieces, each of which says where the next begins', () => {
    const whole = mapped(scattered, { limit: 1000 });
    expect([whole.runs.length, whole.next]).toEqual([512, undefined]);
    const runs: MappedRun[] = [];
    let from: bigint | undefined = 0n;
    for (let pieces = 0; from !== undefined; pieces++) {
      const piece = mapped(scattered, { from, limit: 100 });
      expect(piece.runs.length).toBe(pieces < 5 ? 100 : 12);
      runs.push(...piece.runs);
      from = piece.next;
    }
    expect(runs).toEqual(whole.runs);
  });

  it('tables that lead in circles are read so far and no further', () => {
    // Every entry of the root leads to the root: 2^36 pages.
    const entries = pages(0x1000n, 512, 0x1007n, 0n);
    const first = mapped(s4({ entries }), { limit: 10 });
    expect(first.runs).toHaveLength(10);
    expect(first.next).toBe(0xa000n);
    // The same, but that the last level maps nothing: the tables are all there is.
    const empty = s4({ entries: [...entries.slice(0, 511), [0x1ff8n, 0n]], registers: {} });
    putEntries(empty.memory, pages(0x1000n, 512, 0x6007n, 0n));
    putEntries(empty.memory, pages(0x6000n, 512, 0x7007n, 0n));
    putEntries(empty.memory, pages(0x7000n, 512, 0x8007n, 0n));
    const nothing = mapped(empty);
    expect(nothing.runs).toEqual([]);
    // Of the tables one is the root, one below it, and one in 513 a page directory.
    expect(nothing.next).toBe(BigInt(TABLES_MAX - 10) << 21n);
    expect(mapped(empty, { from: nothing.next ?? 0n }).next).toBe(BigInt(2 * TABLES_MAX - 21) << 21n);
  });

  it('says of every page what a walk says', () => {
    const entry = fc
      .tuple(fc.nat(15), fc.constantFrom(7n, 7n, 5n, 3n, 1n, 0n), fc.constantFrom(0n, 0n, 0n, 0x80n, 1n << 63n))
      .map(([frame, rights, extra]) => (BigInt(frame) << 12n) | rights | extra);
    fc.assert(
      fc.property(
        fc.array(entry, { minLength: 7, maxLength: 7 }),
        fc.bigInt({ min: 0n, max: 1n << 35n }),
        (values, at) => {
          const memory = memoryOf([{ from: 0n, size: 0x10000n }]);
          putEntries(
            memory,
            Array.from({ length: 16 * 512 }, (_, i) => [BigInt(8 * i), values[(i * 5) % 7] ?? 0n] as const),
          );
          const machine = { ...s4(), memory };
          const from = BigInt.asUintN(64, BigInt.asIntN(48, at << 12n));
          const { runs, next } = mapped(machine, { from, to: from + 0x40000n, limit: 1000 });
          const walker = new Walker(pagingOf(machine, machine.registers, 'hardware'));
          const end = next ?? from + 0x40000n;
          for (let page = from; page < end; page += 0x1000n) {
            const frame = walker.walk(highWord(page), lowWord(page), 0);
            const run = runs.find(({ linearAddress: start, size }) => start <= page && page < start + size);
            expect(run === undefined).toBe(frame < 0 || !isCanonical(page, 48));
            if (run === undefined) continue;
            expect(frameOf(run.physicalAddress + page - run.linearAddress)).toBe(frame);
            [
              ['write', 1],
              ['user', 2],
              ['exec', 4],
            ].forEach(([name, bit]) => {
              expect(run.rights.some((right) => right === name)).toBe(
                walker.walk(highWord(page), lowWord(page), Number(bit)) >= 0,
              );
            });
          }
        },
      ),
      { numRuns: 15 },
    );
  });
});
