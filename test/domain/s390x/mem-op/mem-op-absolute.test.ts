import fc from 'fast-check';
import type { MemOpRequest } from '../../../../src/domain/shapes/s390x-access.js';
import { PAGE_SIZE } from '../../../../src/domain/memory/address.js';
import type { S390xVm } from '../../../../src/domain/vm/state.js';
import { counting, onVm } from '../../support/s390x-commands.js';
import { buildVm, bytesAt, dirtyAt, fill, fold, keyAt, load, setKey } from '../../support/s390x-vm.js';

const END = 0x400000n;
const ADDRESSING = { code: 5, name: 'addressing', injected: false };
const PROTECTION = { code: 4, name: 'protection', injected: false };
const keyed = (key: number): Pick<MemOpRequest, 'flags' | 'key'> => ({ flags: ['skey_protection'], key });

/** 4 MiB; the page at 0x2000 has key 5 and fetch protection. */
function vmWithKey(): S390xVm {
  const vm = buildVm({ logDirty: true });
  fill(vm, 0n, 0x4000, 0xaa);
  setKey(vm, 0x2000n, 0x58);
  return vm;
}

describe('ABSOLUTE_READ and ABSOLUTE_WRITE', () => {
  it('A1: read and write what is there', () => {
    const vm = buildVm();
    const written = onVm(vm, { op: 'absolute_write', gaddr: 0x1ffcn, size: 8, data: counting(8) });
    expect(written).toMatchObject({ ret: 0, reply: {} });
    expect(written.events).toEqual([
      { type: 'memory_stored', parts: [{ absolute: 0x1ffcn, size: 8 }], data: counting(8) },
    ]);
    const read = onVm(fold(vm, written.events), { op: 'absolute_read', gaddr: 0x1ffcn, size: 8 });
    expect(read).toEqual({
      ret: 0,
      reply: { data: counting(8) },
      events: [{ type: 'memory_read', parts: [{ absolute: 0x1ffcn, size: 8 }] }],
    });
  });

  it('A2: no room for the bounce buffer is ENOMEM, check-only needs none', () => {
    const vm = buildVm({ host: { freeMemory: 100 } });
    const ENOMEM = { ret: -12, errno: 'ENOMEM', events: [] };
    expect(onVm(vm, { op: 'absolute_read', size: 101 })).toMatchObject(ENOMEM);
    expect(onVm(vm, { op: 'absolute_write', size: 101 })).toMatchObject(ENOMEM);
    expect(onVm(vm, { op: 'absolute_read', size: 100 }).ret).toBe(0);
    expect(onVm(vm, { op: 'absolute_read', size: 101, flags: ['check_only'] }).ret).toBe(0);
  });

  it.each([
    ['A3: check-only of what is there', 'absolute_read', 0n, [], 0],
    ['A3: check-only beyond memory', 'absolute_write', END, [], 5],
    ['A3: check-only that ends beyond memory', 'absolute_read', END - 4n, [], 5],
    ['A3: check-only of a fetch-protected page, another key', 'absolute_read', 0x2000n, ['skey_protection'], 4],
    ['A3: check-only without the key flag', 'absolute_write', 0x2000n, [], 0],
  ] as const)('%s', (_name, op, gaddr, flags, ret) => {
    const decision = onVm(vmWithKey(), { op, gaddr, flags: ['check_only', ...flags], key: 6 });
    expect(decision).toMatchObject({ ret, events: [] });
    expect(decision.reply).toEqual(ret === 0 ? {} : { exception: ret === 5 ? ADDRESSING : PROTECTION });
  });

  it.each([
    ['key 0', 'absolute_write', 0, 0],
    ['the same key', 'absolute_write', 5, 0],
    ['another key', 'absolute_write', 6, 4],
    ['another key fetches from a fetch-protected page', 'absolute_read', 6, 4],
    ['the same key fetches', 'absolute_read', 5, 0],
  ] as const)('A5: storage key 5 with F: %s', (_name, op, key, ret) => {
    expect(onVm(vmWithKey(), { op, gaddr: 0x2000n, data: counting(8), ...keyed(key) }).ret).toBe(ret);
  });

  it('A5: another key fetches where there is no fetch protection', () => {
    const vm = vmWithKey();
    setKey(vm, 0x2000n, 0x50);
    expect(onVm(vm, { op: 'absolute_read', gaddr: 0x2000n, ...keyed(6) }).ret).toBe(0);
  });

  it('A5: no override, no low-address protection, no prefix, whatever the vCPUs have', () => {
    const vm = buildVm({ registers: { crs: { 0: 0x13000000n }, prefix: 0x20000 } });
    setKey(vm, 0n, 0x98);
    expect(onVm(vm, { op: 'absolute_read', ...keyed(6) }).ret).toBe(4);
    expect(onVm(vm, { op: 'absolute_write', data: counting(8) }).events).toMatchObject([
      { parts: [{ absolute: 0n, size: 8 }] },
    ]);
  });

  it.each([
    ['key protection', 0x1000n, 4, PROTECTION],
    ['addressing', END - 0x1000n, 5, ADDRESSING],
  ])('A5: a write stopped by %s on its second page has stored the first', (_name, gaddr, ret, exception) => {
    const vm = vmWithKey();
    setKey(vm, gaddr, 0x60);
    const reached = onVm(vm, { op: 'absolute_write', gaddr: gaddr + 0xffdn, size: 8, data: counting(8), ...keyed(6) });
    expect(reached).toMatchObject({ ret, reply: { exception } });
    const stored = { type: 'memory_stored', parts: [{ absolute: gaddr + 0xffdn, size: 3 }], data: counting(3) };
    const writable = { type: 'memory_made_writable', parts: [{ absolute: gaddr + 0x1000n, size: 5 }] };
    expect(reached.events).toEqual(ret === 4 ? [stored, writable] : [stored]);
    expect(bytesAt(fold(vm, reached.events), gaddr + 0xffdn, 3)).toEqual(counting(3));
  });

  it.each([
    ['key protection', 0x1ffdn, 4],
    ['addressing', END - 3n, 5],
  ])(
    'A6: a read stopped by %s on its second page answers no data, but has referred to the first',
    (_name, gaddr, ret) => {
      const decision = onVm(vmWithKey(), { op: 'absolute_read', gaddr, size: 8, ...keyed(6) });
      expect(decision.ret).toBe(ret);
      expect(decision.reply).not.toHaveProperty('data');
      expect(decision.events).toEqual([{ type: 'memory_read', parts: [{ absolute: gaddr, size: 3 }] }]);
    },
  );

  it('addresses wrap at 2^64', () => {
    const slots = [
      { guestPhysAddr: 0n, size: 0x1000n },
      { guestPhysAddr: (1n << 64n) - 0x1000n, size: 0x1000n },
    ];
    const vm = buildVm({ slots });
    const decision = onVm(vm, { op: 'absolute_write', gaddr: (1n << 64n) - 4n, size: 8, data: counting(8) });
    expect(decision.events).toMatchObject([
      {
        parts: [
          { absolute: (1n << 64n) - 4n, size: 4 },
          { absolute: 0n, size: 4 },
        ],
      },
    ]);
  });

  it('a VM without memory slots: addressing', () => {
    expect(onVm(buildVm({ memoryMiB: 0 }), { op: 'absolute_read' })).toMatchObject({ ret: 5, events: [] });
  });

  it('reads set R, writes set R and C and the dirty bit, check-only nothing', () => {
    const vm = buildVm({ logDirty: true });
    const after = (op: 'absolute_read' | 'absolute_write', gaddr: bigint, flags: MemOpRequest['flags'] = []) =>
      fold(vm, onVm(vm, { op, gaddr, flags, data: counting(8) }).events);
    expect([keyAt(after('absolute_read', 0x1000n), 0x1000n), dirtyAt(vm, 0x1000n)]).toEqual([0x04, false]);
    expect([keyAt(after('absolute_write', 0x2000n), 0x2000n), dirtyAt(vm, 0x2000n)]).toEqual([0x06, true]);
    expect([keyAt(after('absolute_write', 0x3000n, ['check_only']), 0x3000n), dirtyAt(vm, 0x3000n)]).toEqual([
      0,
      false,
    ]);
  });
});

describe('ABSOLUTE_CMPXCHG', () => {
  const old = (size: number) => new Uint8Array(size).fill(0xaa);
  const exchange = (vm: S390xVm, asked: Partial<MemOpRequest>) => {
    const { size = 8 } = asked;
    return onVm(vm, { op: 'absolute_cmpxchg', size, data: counting(size), oldData: old(size), ...asked });
  };
  const unchanged = (size: number) => ({ swapped: false, oldData: old(size) });

  it.each([
    ['C1: check-only', { flags: ['check_only'] }, -22],
    ['C1: size 0', { size: 0 }, -22],
    ['C1: size 65537', { size: 65537 }, -7],
    ['C1: key 16', { flags: ['skey_protection'], key: 16 }, -22],
    ['C2: size 17', { size: 17 }, -22],
    ['C2: size 32, no buffers', { size: 32, data: undefined, oldData: undefined }, -22],
    ['C3: no new value', { data: undefined }, -14],
    ['C3: no new value, misaligned', { data: undefined, gaddr: 1n }, -14],
    ['C4: no old value', { oldData: undefined }, -14],
  ] as const)('%s: refused, nothing written back', (_name, asked, ret) => {
    const { data, oldData, ...rest } = { data: counting(8), oldData: old(8), size: 8, ...asked };
    const op = { op: 'absolute_cmpxchg', ...rest, ...(data && { data }), ...(oldData && { oldData }) } as const;
    expect(onVm(vmWithKey(), op)).toMatchObject({ ret, reply: {}, events: [] });
    expect(onVm(vmWithKey(), op).reply).toEqual({});
  });

  it.each([
    [1, 1n, true],
    [2, 1n, false],
    [4, 2n, false],
    [8, 4n, false],
    [16, 8n, false],
    [8, 8n, true],
    [16, 16n, true],
  ])('C5: size %i at address %i is aligned: %s', (size, gaddr, aligned) => {
    const decision = exchange(vmWithKey(), { size, gaddr });
    if (aligned) expect(decision.ret).toBe(0);
    else expect(decision).toMatchObject({ ret: -22, errno: 'EINVAL', reply: unchanged(size), events: [] });
  });

  it('C5: the alignment is computed with the size as it is: 6 at address 2 passes, at 1 not', () => {
    expect(exchange(vmWithKey(), { size: 6, gaddr: END + 2n }).ret).toBe(5);
    expect(exchange(vmWithKey(), { size: 6, gaddr: END + 1n }).ret).toBe(-22);
  });

  it('C6: no storage there: addressing, the old value as it was given', () => {
    const decision = exchange(vmWithKey(), { gaddr: END });
    expect(decision).toEqual({ ret: 5, reply: { ...unchanged(8), exception: ADDRESSING }, events: [] });
  });

  it('C6 before C8: size 3 is addressing where nothing is, EINVAL where memory is', () => {
    expect(exchange(vmWithKey(), { size: 3, gaddr: END }).ret).toBe(5);
    expect(exchange(vmWithKey(), { size: 3, gaddr: 0n })).toMatchObject({ ret: -22, reply: unchanged(3) });
  });

  it('C7 before C8: size 5 has made the first page writable, and only dirty, when it is refused', () => {
    const vm = vmWithKey();
    const decision = exchange(vm, { size: 5, gaddr: 0xffbn });
    expect(decision.ret).toBe(-22);
    fold(vm, decision.events);
    expect([dirtyAt(vm, 0xffbn), keyAt(vm, 0xffbn), dirtyAt(vm, 0x1000n)]).toEqual([true, 0, false]);
  });

  it('C8 before C9: size 3 with a wrong key', () => {
    expect(exchange(vmWithKey(), { size: 3, gaddr: 0x2000n, ...keyed(6) }).ret).toBe(-22);
  });

  it.each([
    ['another key, although it could fetch', 0x50, 6, 4],
    ['another key with F', 0x58, 6, 4],
    ['the same key', 0x58, 5, 0],
    ['key 0', 0x58, 0, 0],
    ['ACC 9: no override', 0x98, 6, 4],
  ])('C9: %s', (_name, storageKey, key, ret) => {
    const vm = vmWithKey();
    setKey(vm, 0x2000n, storageKey);
    const decision = exchange(vm, { gaddr: 0x2000n, ...keyed(key) });
    expect(decision.ret).toBe(ret);
    if (ret === 0) return;
    expect(decision.reply).toEqual({ swapped: false, oldData: new Uint8Array(8), exception: PROTECTION });
    expect(bytesAt(fold(vm, decision.events), 0x2000n, 8)).toEqual(old(8));
    expect([dirtyAt(vm, 0x2000n), keyAt(vm, 0x2000n)]).toEqual([true, storageKey]);
  });

  it.each([1, 2, 4, 8, 16])('C11: %i bytes, equal: exchanged', (size) => {
    const vm = vmWithKey();
    const decision = exchange(vm, { size, gaddr: 0x1ff0n });
    expect(decision).toMatchObject({ ret: 0, reply: { swapped: true, oldData: old(size) } });
    expect(bytesAt(fold(vm, decision.events), 0x1ff0n, size)).toEqual(counting(size));
    expect([keyAt(vm, 0x1ff0n), dirtyAt(vm, 0x1ff0n)]).toEqual([0x06, true]);
  });

  it.each([1, 2, 4, 8, 16])('C11: %i bytes, not equal: what is there, and the page is dirty all the same', (size) => {
    const vm = vmWithKey();
    load(vm, 0x1ff0n + BigInt(size) - 1n, [0xab]);
    const there = bytesAt(vm, 0x1ff0n, size);
    const decision = exchange(vm, { size, gaddr: 0x1ff0n });
    expect(decision).toMatchObject({ ret: 0, reply: { swapped: false, oldData: there } });
    expect(bytesAt(fold(vm, decision.events), 0x1ff0n, size)).toEqual(there);
    expect([keyAt(vm, 0x1ff0n), dirtyAt(vm, 0x1ff0n)]).toEqual([0x04, true]);
  });
});

describe('laws of absolute access', () => {
  const places = fc.record({
    gaddr: fc.bigInt({ min: 0n, max: END + 0x1000n }),
    size: fc.integer({ min: 1, max: 9000 }),
  });
  const keys = fc.array(fc.nat(0xff), { minLength: 4, maxLength: 4 });

  it('what was written is read, and check-only tells whether it will be', () => {
    fc.assert(
      fc.property(places, keys, fc.nat(15), ({ gaddr, size }, storageKeys, key) => {
        const vm = buildVm();
        storageKeys.forEach((value, i) => setKey(vm, (gaddr & ~0xfffn) + BigInt(i * PAGE_SIZE), value & 0xfe));
        const data = counting(size);
        const check = onVm(vm, { op: 'absolute_write', gaddr, size, flags: ['check_only', 'skey_protection'], key });
        const write = onVm(vm, { op: 'absolute_write', gaddr, size, data, ...keyed(key) });
        expect([check.ret, check.events]).toEqual([write.ret, []]);
        if (write.ret !== 0) return;
        const read = onVm(fold(vm, write.events), { op: 'absolute_read', gaddr, size });
        expect(read.reply).toEqual({ data });
      }),
    );
  });
});
