import { addressOf } from '../../../../src/domain/memory/address.js';
import { accessContext } from '../../../../src/domain/s390x/dat/access-context.js';
import { asceOf } from '../../../../src/domain/s390x/dat/asce.js';
import { codeOf, reasonOf } from '../../../../src/domain/s390x/dat/fault.js';
import { newVcpu } from '../../../../src/domain/s390x/vcpu/vcpu.js';
import { walk } from '../../../../src/domain/s390x/dat/walk.js';
import { highWord, lowWord } from '../../../../src/domain/s390x/model/words.js';
import type { S390xVm } from '../../../../src/domain/vm/state.js';
import { ENTRIES, IDENTITY_ASCE, SEGMENT_ASCE, loadIdentityMap, mapLastPage } from '../../support/s390x-tables.js';
import { type VmOptions, buildVm, loadDoublewords } from '../../support/s390x-vm.js';

const EDAT = 0x00800000n;
const IEP = 0x00100000n;
const PRIVATE = 0x100n;

interface Access {
  readonly store?: boolean;
  readonly instruction?: boolean;
  readonly asce?: bigint;
}

/** The absolute address of a byte, or the code and reason of the fault. */
function at(vm: S390xVm, address: bigint, { store = false, instruction = false, asce = IDENTITY_ASCE }: Access = {}) {
  const context = accessContext(vm, vm.vcpus.get(0) ?? newVcpu(0));
  const frame = walk(context, asceOf(asce), highWord(address), lowWord(address), store, instruction);
  return frame < 0 ? [codeOf(frame), reasonOf(frame)] : addressOf(frame, Number(address & 0xfffn));
}

/** The identity map with some doublewords changed. */
function mapped(
  changes: readonly (readonly [bigint, bigint])[],
  options: VmOptions & { cr0?: bigint; prefix?: number } = {},
) {
  const { cr0 = 0n, prefix = 0, ...rest } = options;
  const vm = buildVm({ ...rest, registers: { crs: { 0: cr0 }, prefix } });
  loadIdentityMap(vm);
  for (const [address, value] of changes) loadDoublewords(vm, address, value);
  return vm;
}

const { region_first: RFTE, region_second: RSTE, region_third: RTTE, segment: STE, page: PTE } = ENTRIES;

describe('the worked examples of the identity map', () => {
  const vm = mapped([]);
  mapLastPage(vm);

  it.each([
    ['the first byte', 0n],
    ['a byte of the second segment', 0x123456n],
    ['the last byte', 0x3fffffn],
  ])('%s lies at its own address', (_name, address) => {
    expect(at(vm, address)).toBe(address);
  });

  it.each([
    [0x400000n, IDENTITY_ASCE, 0x10, 'entry_invalid'],
    [0x80000000n, IDENTITY_ASCE, 0x3b, 'entry_invalid'],
    [0x40000000000n, IDENTITY_ASCE, 0x3a, 'entry_invalid'],
    [0x20000000000000n, IDENTITY_ASCE, 0x39, 'entry_invalid'],
    [0x400000n, SEGMENT_ASCE, 0x10, 'entry_invalid'],
    [0x80000000n, SEGMENT_ASCE, 0x38, 'asce_type'],
    [0x20000000n, SEGMENT_ASCE, 0x10, 'designation_length'],
  ])('0x%x through ASCE 0x%x', (address, asce, code, reason) => {
    expect(at(vm, address, { asce })).toEqual([code, reason]);
  });

  it('the last page is not there before it is mapped, then at 0x1c0000', () => {
    expect(at(mapped([]), 0xfffffffffffff000n)).toEqual([0x39, 'entry_invalid']);
    expect(at(vm, 0xfffffffffffffabcn)).toBe(0x1c0abcn);
  });
});

describe('the designation', () => {
  const vm = mapped([]);

  it.each([
    ['DT 2, RFX 1', 0x184008n | 3n, 1n << 53n],
    ['DT 1, RSX 1', 0x188004n | 3n, 1n << 42n],
    ['DT 1, RFX 1', 0x188004n | 3n, 1n << 53n],
    ['DT 0, RTX 1', 0x18c003n, 1n << 31n],
    ['DT 0, RSX 1', 0x18c003n, 1n << 42n],
    ['DT 0, RFX 1024', 0x18c003n, 1n << 63n],
  ])('step 2: %s is an ASCE-type exception', (_name, asce, address) => {
    expect(at(vm, address, { asce })).toEqual([0x38, 'asce_type']);
  });

  it.each([
    ['DT 3', 0x18000cn, 1n << 62n, 0x39],
    ['DT 2', 0x184008n, 1n << 51n, 0x3a],
    ['DT 1', 0x188004n, 1n << 40n, 0x3b],
    ['DT 0', 0x18c000n, 1n << 29n, 0x10],
  ])('step 3: %s, first index beyond the table length', (_name, asce, address, code) => {
    expect(at(vm, address, { asce })).toEqual([code, 'designation_length']);
    expect(at(vm, address, { asce: asce + 1n })).not.toEqual([code, 'designation_length']);
  });

  it('step 1: R=1 takes the address as real, prefixed, whatever else the ASCE says', () => {
    const prefixed = mapped([], { prefix: 0x20000 });
    expect(at(prefixed, 0x1234n, { asce: 0x3fn | (1n << 60n) })).toBe(0x21234n);
    expect(at(prefixed, 0x123456n, { asce: 0x20n })).toBe(0x123456n);
    expect(at(prefixed, 0x400000n, { asce: 0x20n, store: true })).toEqual([0x05, 'page_addressing']);
  });

  it('bits S, X and G do not matter', () => {
    expect(at(vm, 0x123456n, { asce: IDENTITY_ASCE | 0x2c0n })).toBe(0x123456n);
  });
});

describe('region tables', () => {
  const LEVELS = [
    { level: 'first', at: RFTE, entry: 0x18400fn, next: 42n, code: 0x39, nextCode: 0x3a },
    { level: 'second', at: RSTE, entry: 0x18800bn, next: 31n, code: 0x3a, nextCode: 0x3b },
    { level: 'third', at: RTTE, entry: 0x18c007n, next: 20n, code: 0x3b, nextCode: 0x10 },
  ] as const;

  it.each(LEVELS)('step 4a: no storage at the region-$level-table entry', ({ level, at: table, entry }) => {
    const above = { first: null, second: RFTE, third: RSTE }[level];
    if (above === null) {
      expect(at(mapped([]), 0n, { asce: 0x40000fn })).toEqual([0x05, 'table_addressing']);
      return;
    }
    const own = (entry & 0xfn) + 4n;
    expect(at(mapped([[above, 0x400000n | own]]), 0n)).toEqual([0x05, 'table_addressing']);
    expect(at(mapped([[above, table | own]]), 0n)).toBe(0n);
  });

  it.each(LEVELS)('step 4b: region-$level invalid, before its type is looked at', ({ at: table, entry, code }) => {
    expect(at(mapped([[table, entry | 0x20n]]), 0n)).toEqual([code, 'entry_invalid']);
    expect(at(mapped([[table, (entry ^ 0x0cn) | 0x20n]]), 0n)).toEqual([code, 'entry_invalid']);
  });

  it.each(LEVELS)('step 4c: region-$level with a wrong table type', ({ at: table, entry }) => {
    for (const bits of [4n, 8n, 12n]) expect(at(mapped([[table, entry ^ bits]]), 0n)).toEqual([0x12, 'entry_type']);
  });

  it.each(LEVELS)('step 4f: region-$level, next index below the offset', ({ at: table, entry, nextCode }) => {
    expect(at(mapped([[table, entry | 0x40n]]), 0n)).toEqual([nextCode, 'entry_length']);
  });

  it.each(LEVELS)('step 4f: region-$level, next index beyond the length', ({ at: table, entry, next, nextCode }) => {
    const address = 512n << next;
    expect(at(mapped([[table, entry & ~3n]]), address)).toEqual([nextCode, 'entry_length']);
    expect(at(mapped([[table, (entry & ~3n) | 1n]]), address)).not.toEqual([nextCode, 'entry_length']);
  });

  it.each(LEVELS)('step 4g: region-$level P counts with EDAT1 only', ({ at: table, entry }) => {
    const changes = [[table, entry | 0x200n]] as const;
    const store = { store: true };
    expect(at(mapped(changes, { cr0: EDAT }), 0n, store)).toEqual([0x04, 'dat_protection']);
    expect(at(mapped(changes, { cr0: EDAT, facilities: [8] }), 0n, store)).toEqual([0x04, 'dat_protection']);
    expect(at(mapped(changes, { cr0: EDAT }), 0n)).toBe(0n);
    expect(at(mapped(changes), 0n, store)).toBe(0n);
    expect(at(mapped(changes, { cr0: EDAT, facilities: [78] }), 0n, store)).toBe(0n);
  });

  it('step 4d: a common region-third entry in a private space counts with EDAT2 only', () => {
    const changes = [[RTTE, 0x18c017n]] as const;
    const asce = IDENTITY_ASCE | PRIVATE;
    expect(at(mapped(changes, { cr0: EDAT }), 0n, { asce })).toEqual([0x12, 'common_entry']);
    expect(at(mapped(changes, { cr0: EDAT }), 0n)).toBe(0n);
    expect(at(mapped(changes, { cr0: EDAT, facilities: [8] }), 0n, { asce })).toBe(0n);
  });

  it('step 4e: region-third format control maps 2 GiB with EDAT2 only, absolute, offset and length unchecked', () => {
    const changes = [[RTTE, 0x000000007ffff404n | 0xc0n]] as const;
    expect(at(mapped(changes, { cr0: EDAT, prefix: 0x20000 }), 0x1234n)).toBe(0x1234n);
    expect(at(mapped(changes, { cr0: EDAT, facilities: [8] }), 0x1234n)).toEqual([0x10, 'entry_length']);
    expect(at(mapped([[RTTE, 0x80000404n]], { cr0: EDAT }), 0x1234n)).toEqual([0x05, 'page_addressing']);
  });

  it('step 4e: P and IEP of a 2 GiB frame', () => {
    const vm = mapped([[RTTE, 0x704n]], { cr0: EDAT | IEP });
    expect(at(vm, 0x1234n, { store: true })).toEqual([0x04, 'dat_protection']);
    expect(at(vm, 0x1234n, { instruction: true })).toEqual([0x04, 'instruction_execution_protection']);
    expect(at(vm, 0x1234n)).toBe(0x1234n);
  });

  it('a table that begins in the last frame goes on in frame 0', () => {
    const vm = mapped([]);
    loadDoublewords(vm, 0n, 0x18400fn);
    expect(at(vm, 512n << 53n, { asce: 0xfffffffffffff00fn })).toBe(0n);
  });
});

describe('the segment table', () => {
  it.each([
    ['step 5a: no storage at the entry', [[RTTE, 0x400007n]], {}, [0x05, 'table_addressing']],
    ['step 5b: invalid', [[STE, 0x190020n]], {}, [0x10, 'entry_invalid']],
    ['step 5b: invalid wins over a wrong type', [[STE, 0x190024n]], {}, [0x10, 'entry_invalid']],
    ['step 5c: table type 1', [[STE, 0x190004n]], {}, [0x12, 'entry_type']],
    [
      'step 5d: common in a private space',
      [[STE, 0x190010n]],
      { asce: IDENTITY_ASCE | PRIVATE },
      [0x12, 'common_entry'],
    ],
    ['step 5d: common in another space', [[STE, 0x190010n]], {}, 0x1234n],
    ['step 5e: format control without EDAT1 is ignored', [[STE, 0x190400n]], {}, 0x1234n],
    ['step 5f: P counts without EDAT1', [[STE, 0x190200n]], { store: true }, [0x04, 'dat_protection']],
    ['step 5f: P does not stop a fetch', [[STE, 0x190200n]], {}, 0x1234n],
  ] as const)('%s', (_name, changes, access, result) => {
    expect(at(mapped(changes), 0x1234n, access)).toEqual(result);
  });

  it('step 5e: format control with EDAT1 maps 1 MiB, absolute', () => {
    const vm = mapped([[STE, 0x2fffc0n | 0x400n]], { cr0: EDAT, prefix: 0x20000 });
    expect(at(vm, 0x1234n)).toBe(0x201234n);
    const low = mapped([[STE, 0x400n]], { cr0: EDAT, prefix: 0x20000 });
    expect(at(low, 0x1234n)).toBe(0x1234n);
  });

  it('step 5e: P and IEP of a 1 MiB frame; common in a private space comes first', () => {
    const vm = mapped([[STE, 0x200710n]], { cr0: EDAT | IEP });
    expect(at(vm, 0x1234n, { store: true })).toEqual([0x04, 'dat_protection']);
    expect(at(vm, 0x1234n, { instruction: true })).toEqual([0x04, 'instruction_execution_protection']);
    expect(at(vm, 0x1234n, { asce: IDENTITY_ASCE | PRIVATE })).toEqual([0x12, 'common_entry']);
  });

  it('page tables begin at any 2 KiB boundary', () => {
    const vm = mapped([
      [STE, 0x191800n],
      [0x191808n, 0x2a5000n],
    ]);
    expect(at(vm, 0x1234n)).toBe(0x2a5234n);
  });
});

describe('the page table and what follows', () => {
  const ENTRY = PTE + 8n;

  it.each([
    ['step 6: no storage at the entry', [[STE, 0x400000n]], {}, [0x05, 'table_addressing']],
    ['step 6: invalid', [[ENTRY, 0x1400n]], {}, [0x11, 'entry_invalid']],
    ['step 6: invalid wins over bit 52', [[ENTRY, 0x1c00n]], {}, [0x11, 'entry_invalid']],
    ['step 6: bit 52', [[ENTRY, 0x1800n]], {}, [0x12, 'reserved_bit']],
    ['step 6: bit 52 wins over P', [[ENTRY, 0x1a00n]], { store: true }, [0x12, 'reserved_bit']],
    ['step 6: bits 56-63 are ignored', [[ENTRY, 0x10ffn]], {}, 0x1234n],
    ['step 7: the frame of the entry and the byte index', [[ENTRY, 0x2a5000n]], {}, 0x2a5234n],
    ['step 9: a store to a page with P', [[ENTRY, 0x1200n]], { store: true }, [0x04, 'dat_protection']],
    ['step 9: a fetch from a page with P', [[ENTRY, 0x1200n]], {}, 0x1234n],
    [
      'step 9: a store with P in the segment entry alone',
      [[STE, 0x190200n]],
      { store: true },
      [0x04, 'dat_protection'],
    ],
    ['step 10: a fetch from outside memory', [[ENTRY, 0x400000n]], {}, [0x05, 'page_addressing']],
    [
      'step 9 before 10: a store outside memory with P',
      [[ENTRY, 0x400200n]],
      { store: true },
      [0x04, 'dat_protection'],
    ],
    ['step 10: a fetch from outside memory with P', [[ENTRY, 0x400200n]], {}, [0x05, 'page_addressing']],
  ] as const)('%s', (_name, changes, access, result) => {
    expect(at(mapped(changes), 0x1234n, access)).toEqual(result);
  });

  it.each([
    ['CR0 bit 43 and facility 130', { cr0: IEP }, [0x04, 'instruction_execution_protection']],
    ['without CR0 bit 43', {}, 0x1234n],
    ['without facility 130', { cr0: IEP, facilities: [8] }, 0x1234n],
  ])('step 9: an instruction fetch from a page with IEP: %s', (_name, options, result) => {
    const vm = mapped([[ENTRY, 0x1100n]], options);
    expect(at(vm, 0x1234n, { instruction: true })).toEqual(result);
    expect(at(vm, 0x1234n)).toBe(0x1234n);
  });

  it('step 9: DAT protection before instruction-execution protection before storage', () => {
    const vm = mapped([[ENTRY, 0x400300n]], { cr0: IEP });
    expect(at(vm, 0x1234n, { store: true, instruction: true })).toEqual([0x04, 'dat_protection']);
    expect(at(vm, 0x1234n, { instruction: true })).toEqual([0x04, 'instruction_execution_protection']);
  });

  it('step 8: the page is prefixed, the tables are not', () => {
    const vm = mapped([], { prefix: 0x180000 });
    expect(at(vm, 0x1234n)).toBe(0x181234n);
    expect(at(vm, 0x180234n)).toBe(0x234n);
    expect(at(vm, 0x2234n)).toBe(0x2234n);
  });

  it('frames beyond 4 GiB', () => {
    const far = 0x123_4567_8000n;
    const slots = [
      { guestPhysAddr: 0n, size: 0x400000n },
      { guestPhysAddr: far, size: 0x1000n },
    ];
    const vm = mapped([[ENTRY, far]], { slots });
    expect(at(vm, 0x1abcn)).toBe(far + 0xabcn);
    expect(at(mapped([[ENTRY, far]]), 0x1abcn)).toEqual([0x05, 'page_addressing']);
  });
});
