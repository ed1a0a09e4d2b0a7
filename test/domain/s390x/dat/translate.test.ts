import fc from 'fast-check';
import { translate, translateBatch } from '../../../../src/domain/s390x/dat/translate.js';
import type { S390xRegisterChanges } from '../../../../src/domain/shapes/s390x-registers.js';
import { translated } from '../../support/s390x-commands.js';
import { ENTRIES, IDENTITY_ASCE, identityVm, loadIdentityMap } from '../../support/s390x-tables.js';
import { PSW_MASK, buildVm, load, loadDoublewords, psw, setKey } from '../../support/s390x-vm.js';

const { dat, mode64, mode31, access_register, secondary, home } = PSW_MASK;
const EDAT = 0x00800000n;
const IEP = 0x00100000n;
const LAP = 0x10000000n;

const pte = (page: bigint) => ENTRIES.page + 8n * page;

describe('where an address lies', () => {
  it.each<[string, S390xRegisterChanges, bigint, bigint, number]>([
    ['a page', {}, 0x123456n, 0x123456n, 4096],
    ['the effective address of 31-bit mode', { psw: psw(dat, mode31) }, 0xffff_ffff_8012_3456n, 0x123456n, 4096],
    ['DAT off, prefixed', { psw: psw(mode64), prefix: 0x20000 }, 0x1234n, 0x21234n, 4096],
    ['a real-space ASCE', { crs: { 1: 0x20n } }, 0x1234n, 0x1234n, 4096],
  ])('%s', (_name, registers, gaddr, absolute, pageSize) => {
    expect(translated(identityVm(registers), gaddr)).toMatchObject({
      ret: 0,
      events: [],
      reply: { absolute, pageSize },
    });
  });

  it.each([
    ['1 MiB', ENTRIES.segment, 0x200400n, 0x201234n, 2 ** 20, ['large']],
    ['2 GiB', ENTRIES.region_third, 0x404n, 0x1234n, 2 ** 31, ['large']],
  ])('a large frame of %s', (_name, at, entry, absolute, pageSize, flags) => {
    const vm = identityVm({ crs: { 0: EDAT } });
    loadDoublewords(vm, at, entry);
    const { reply } = translated(vm, 0x1234n);
    expect(reply).toMatchObject({ absolute, pageSize });
    expect(reply.walk?.at(-1)).toMatchObject({ flags, pageSize, next: absolute & ~0xffffn & ~(BigInt(pageSize) - 1n) });
  });

  it('without explain there is no walk', () => {
    const vm = identityVm();
    const command = { type: 'translate', vcpu: 0, ar: 0, access: [] as ('write' | 'exec')[], explain: false } as const;
    expect(translate(vm, { ...command, gaddr: 0x1234n }, vm)).toEqual({
      ret: 0,
      reply: { absolute: 0x1234n, pageSize: 4096 },
      events: [],
    });
    expect(translate(vm, { ...command, gaddr: 0x400000n }, vm)).toEqual({
      ret: 0x10,
      reply: { exception: { code: 0x10, name: 'segment_translation', transExcCode: 0x400800n, excAccessId: 0 } },
      events: [],
    });
  });

  it('registers and memory are those of the past that is asked for', () => {
    const past = identityVm();
    const now = buildVm({ memoryMiB: 1, registers: null });
    const command = { type: 'translate', vcpu: 0, gaddr: 0x3ff000n, ar: 0, access: [], explain: false } as const;
    expect(translate(now, { ...command, access: [] }, past).reply).toMatchObject({ absolute: 0x3ff000n });
    expect(translate(past, { ...command, access: [] }, now)).toMatchObject({ ret: -2, errno: 'ENOENT' });
  });

  it('an access register that does not exist is EINVAL, in any mode', () => {
    expect(translated(identityVm(), 0n, [], 16)).toMatchObject({ ret: -22, errno: 'EINVAL' });
    expect(translated(identityVm(), 0n, [], 15).ret).toBe(0);
  });

  it('storage keys do not matter', () => {
    const vm = identityVm();
    setKey(vm, 0x1000n, 0xf8);
    expect(translated(vm, 0x1000n, ['write']).ret).toBe(0);
  });
});

describe('kinds of access', () => {
  const withEntry = (entry: bigint, cr0 = IEP) => {
    const vm = identityVm({ crs: { 0: cr0 } });
    loadDoublewords(vm, pte(2n), entry);
    return vm;
  };

  it.each([
    ['a fetch of data from a protected page', 0x2300n, [], 0, undefined],
    ['write to a page with P', 0x2200n, ['write'], 4, 0x2404n],
    ['write to a page with IEP', 0x2100n, ['write'], 0, undefined],
    ['exec from a page with IEP', 0x2100n, ['exec'], 4, 0x2884n],
    ['exec from a page with P', 0x2200n, ['exec'], 0, undefined],
    ['both, P', 0x2200n, ['exec', 'write'], 4, 0x2404n],
    ['both, IEP', 0x2100n, ['exec', 'write'], 4, 0x2884n],
    ['both, neither', 0x2000n, ['exec', 'write'], 0, undefined],
    ['write to a page that is not there', 0x2400n, ['write'], 0x11, 0x2400n],
  ] as const)('%s', (_name, entry, access, ret, teid) => {
    const decision = translated(withEntry(entry), 0x2010n, [...access]);
    expect([decision.ret, decision.reply.exception?.transExcCode]).toEqual([ret, teid]);
  });

  it('a write is subject to low-address protection', () => {
    const vm = identityVm({ crs: { 0: LAP } });
    expect(translated(vm, 0x1010n, ['write'])).toMatchObject({
      ret: 4,
      reply: { exception: { transExcCode: 0x1480n }, walk: [], stoppedBy: { reason: 'low_address_protection' } },
    });
    expect(translated(vm, 0x1010n).ret).toBe(0);
  });

  it.each([
    ['secondary', secondary, { 1: IDENTITY_ASCE, 7: 0x400003n }],
    ['access register', access_register, { 1: IDENTITY_ASCE }],
    ['home', home, { 1: 0x400003n, 13: IDENTITY_ASCE }],
  ])('exec goes through the home space if that is the PSW\u2019s, else the primary: %s', (_name, space, crs) => {
    const vm = identityVm({ psw: psw(dat, mode64, space), crs, acrs: { 1: 0x02000000 } });
    expect(translated(vm, 0x1234n, ['exec'], 1).reply.absolute).toBe(0x1234n);
    if (space !== home) expect(translated(vm, 0x1234n, [], 1).ret).not.toBe(0);
  });
});

describe('the explained walk', () => {
  it('lists every table entry read, in order', () => {
    expect(translated(identityVm(), 0x123456n).reply.walk).toEqual([
      {
        level: 5,
        table: 'region_first',
        index: 0,
        entryAddress: 0x180000n,
        entry: 0x18400fn,
        flags: [],
        next: 0x184000n,
      },
      {
        level: 4,
        table: 'region_second',
        index: 0,
        entryAddress: 0x184000n,
        entry: 0x18800bn,
        flags: [],
        next: 0x188000n,
      },
      {
        level: 3,
        table: 'region_third',
        index: 0,
        entryAddress: 0x188000n,
        entry: 0x18c007n,
        flags: [],
        next: 0x18c000n,
      },
      { level: 2, table: 'segment', index: 1, entryAddress: 0x18c008n, entry: 0x191000n, flags: [], next: 0x191000n },
      {
        level: 1,
        table: 'page',
        index: 0x23,
        entryAddress: 0x191118n,
        entry: 0x123000n,
        flags: [],
        pageSize: 4096,
        next: 0x123000n,
      },
    ]);
  });

  it('ends with the entry that stopped it, and says why', () => {
    const { reply } = translated(identityVm(), 0x400000n);
    expect(reply.walk?.map(({ table }) => table)).toEqual(['region_first', 'region_second', 'region_third', 'segment']);
    expect(reply.walk?.at(-1)).toEqual({
      level: 2,
      table: 'segment',
      index: 4,
      entryAddress: 0x18c020n,
      entry: (1n << 64n) - 1n,
      flags: ['invalid', 'protected', 'common'],
    });
    expect(reply.stoppedBy).toEqual({
      reason: 'entry_invalid',
      check: 'the invalid bit of the table entry must be 0',
    });
  });

  it.each([
    ['region-first P', ENTRIES.region_first, 0x18420fn, 0, ['protected']],
    ['region-third CR', ENTRIES.region_third, 0x18c017n, 2, ['common']],
    ['segment P and CS', ENTRIES.segment, 0x190210n, 3, ['protected', 'common']],
    ['page P and IEP', ENTRIES.page, 0x300n, 4, ['protected', 'no_exec']],
    ['page bit 52', ENTRIES.page, 0x800n, 4, ['reserved']],
  ])('names the bits that are set: %s', (_name, at, entry, step, flags) => {
    const vm = identityVm({ crs: { 0: EDAT } });
    loadDoublewords(vm, at, entry);
    expect(translated(vm, 0n).reply.walk?.[step]?.flags).toEqual(flags);
  });

  it('a format control that does not count maps nothing: region-third without EDAT2', () => {
    const vm = buildVm({ facilities: [8], registers: { psw: psw(dat, mode64), crs: { 0: EDAT, 1: IDENTITY_ASCE } } });
    loadIdentityMap(vm);
    loadDoublewords(vm, ENTRIES.region_third, 0x18c407n);
    const { walk, pageSize } = translated(vm, 0x1234n).reply;
    expect([walk?.[2]?.flags, walk?.[2]?.pageSize, walk?.[2]?.next, pageSize]).toEqual([
      [],
      undefined,
      0x18c000n,
      4096,
    ]);
  });

  it('begins with the tables of access-register translation', () => {
    const registers = { psw: psw(dat, mode64, access_register), crs: { 2: 0x30000n, 8: 1n << 16n }, acrs: { 1: 2 } };
    const vm = identityVm(registers);
    loadDoublewords(vm, 0x30010n, 0x31000_00000000n);
    loadDoublewords(vm, 0x31020n, 0x01000000_00000000n, 0x32000_00000000n);
    loadDoublewords(vm, 0x32000n, 0x33000_00000000n, 0x20n);
    load(vm, 0x33000n, [0x10]);
    const { reply } = translated(vm, 0x1234n, [], 1);
    expect(reply).toMatchObject({ absolute: 0x1234n, pageSize: 4096 });
    expect(reply.walk).toEqual([
      { level: 0, table: 'access_list_designation', index: 0, entryAddress: 0x30010n, entry: 0x31000n, flags: [] },
      {
        level: 0,
        table: 'access_list',
        index: 2,
        entryAddress: 0x31020n,
        entry: (1n << 120n) | (0x32000n << 32n),
        flags: [],
      },
      {
        level: 0,
        table: 'asn_second_table',
        index: 0,
        entryAddress: 0x32000n,
        entry: ((0x33000n << 96n) | 0x20n) << 384n,
        flags: [],
      },
      { level: 0, table: 'authority_table', index: 0, entryAddress: 0x33000n, entry: 0x10n, flags: [] },
    ]);
  });

  it('does not change the answer', () => {
    const vm = identityVm({ crs: { 0: EDAT | IEP } });
    const entry = fc.bigInt({ min: 0n, max: 0x3fffffn });
    const address = fc.oneof(fc.bigInt({ min: 0n, max: 0x500000n }), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }));
    const kinds = fc.subarray(['exec', 'write'] as const);
    fc.assert(
      fc.property(fc.array(entry, { minLength: 8, maxLength: 8 }), address, kinds, (values, gaddr, access) => {
        loadDoublewords(vm, ENTRIES.page, ...values);
        loadDoublewords(vm, ENTRIES.segment, ...values.slice(0, 4));
        const command = { type: 'translate', vcpu: 0, gaddr, ar: 0, access } as const;
        const plain = translate(vm, { ...command, access, explain: false }, vm);
        const { walk, stoppedBy, ...answer } = translate(vm, { ...command, access, explain: true }, vm).reply;
        expect(answer).toEqual(plain.reply);
        expect(walk).toBeDefined();
        expect(stoppedBy === undefined).toBe(plain.ret === 0);
      }),
    );
  });
});

describe('a batch of translations', () => {
  const vm = identityVm();
  const ops = [
    { gaddr: 0x1234n, ar: 0, access: [] },
    { gaddr: 0x400000n, ar: 0, access: [] },
    { gaddr: 0n, ar: 16, access: [] },
  ];

  it('answers each in its place', () => {
    expect(translateBatch(vm, { type: 'translate_batch', vcpu: 0, explain: false, ops }, vm)).toEqual({
      ret: 0,
      events: [],
      reply: {
        results: [
          { ret: 0, absolute: 0x1234n, pageSize: 4096 },
          {
            ret: 0x10,
            exception: { code: 0x10, name: 'segment_translation', transExcCode: 0x400800n, excAccessId: 0 },
          },
          { ret: -22, errno: 'EINVAL' },
        ],
      },
    });
  });

  it('with explain each has its walk', () => {
    const { reply } = translateBatch(vm, { type: 'translate_batch', vcpu: 0, explain: true, ops }, vm);
    expect(reply).toMatchObject({ results: [{ walk: { length: 5 } }, { walk: { length: 4 } }, { ret: -22 }] });
  });

  it('an unknown vCPU is ENOENT', () => {
    expect(translateBatch(vm, { type: 'translate_batch', vcpu: 1, explain: false, ops }, vm).errno).toBe('ENOENT');
  });
});
