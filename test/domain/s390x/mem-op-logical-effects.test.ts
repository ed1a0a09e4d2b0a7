import type { MemOpRequest } from '../../../src/domain/shapes/s390x-access.js';
import type { S390xRegisterChanges } from '../../../src/domain/shapes/s390x-registers.js';
import type { S390xVm } from '../../../src/domain/vm/state.js';
import { counting, onVcpu, teidOf } from '../support/s390x-commands.js';
import { ENTRIES, IDENTITY_ASCE, identityVm } from '../support/s390x-tables.js';
import { PSW_MASK, bytesAt, dirtyAt, fold, keyAt, loadDoublewords, psw, setKey } from '../support/s390x-vm.js';

const { dat, mode64, access_register } = PSW_MASK;
const LAP = 0x10000000n;
const END = 0x400000n;

const pte = (page: bigint) => ENTRIES.page + 8n * page;
const keyed = (key: number): Pick<MemOpRequest, 'flags' | 'key'> => ({ flags: ['skey_protection'], key });
const inject = (key: number): Pick<MemOpRequest, 'flags' | 'key'> => ({
  flags: ['inject_exception', 'skey_protection'],
  key,
});

describe('partial effects', () => {
  /** Pages 0x2000 and 0x3000 have key 5 and fetch protection; 0x1000 has key 6. */
  const vmWithKeys = () => {
    const vm = identityVm();
    setKey(vm, 0x1000n, 0x60);
    setKey(vm, 0x2000n, 0x58);
    setKey(vm, 0x3000n, 0x58);
    return vm;
  };

  it('LOGICAL_READ, key protection on a later fragment: no data, but the earlier ones were referred to', () => {
    const decision = onVcpu(vmWithKeys(), { op: 'logical_read', gaddr: 0x1ffdn, ...keyed(6) });
    expect([decision.ret, teidOf(decision)]).toEqual([4, 0x2808n]);
    expect(decision.reply).not.toHaveProperty('data');
    expect(decision.events).toEqual([{ type: 'memory_read', parts: [{ absolute: 0x1ffdn, size: 3 }] }]);
  });

  it('LOGICAL_READ, translation on a later fragment: nothing was touched', () => {
    const decision = onVcpu(identityVm(), { op: 'logical_read', gaddr: END - 3n });
    expect([decision.ret, teidOf(decision), decision.events]).toEqual([0x10, 0x400800n, []]);
  });

  it.each([
    ['DAT', (vm: S390xVm) => loadDoublewords(vm, pte(2n), 0x2400n), 0x11, 0x2400n],
    ['DAT protection', (vm: S390xVm) => loadDoublewords(vm, pte(2n), 0x2200n), 4, 0x2404n],
    ['addressing', (vm: S390xVm) => loadDoublewords(vm, pte(2n), 0x400000n), 5, undefined],
  ])(
    'LOGICAL_WRITE, %s on a later fragment: nothing is stored, the ending is the normal one',
    (_name, change, ret, teid) => {
      const vm = identityVm();
      change(vm);
      const decision = onVcpu(vm, { op: 'logical_write', gaddr: 0x1ffdn, data: counting(8) });
      expect([decision.ret, teidOf(decision), decision.events]).toEqual([ret, teid, []]);
    },
  );

  it('LOGICAL_WRITE, low-address protection on a later fragment: nothing is stored', () => {
    const vm = identityVm({ crs: { 0: LAP } });
    const decision = onVcpu(vm, { op: 'logical_write', gaddr: 0xffdn, data: counting(8) });
    expect([decision.ret, teidOf(decision), decision.events]).toEqual([4, 0x1480n, []]);
  });

  it('LOGICAL_WRITE, access-register translation: nothing is stored', () => {
    const vm = identityVm({ psw: psw(dat, mode64, access_register), acrs: { 1: 0x02000000 } });
    const decision = onVcpu(vm, { op: 'logical_write', ar: 1, gaddr: 0x1ffdn, data: counting(8) });
    expect([decision.ret, teidOf(decision), decision.events]).toEqual([0x28, undefined, []]);
  });

  it('LOGICAL_WRITE, key protection on a later fragment: the earlier ones are stored, termination', () => {
    const vm = vmWithKeys();
    const decision = onVcpu(vm, {
      op: 'logical_write',
      gaddr: 0x1ffdn,
      size: 5000,
      data: counting(5000),
      ...inject(6),
    });
    expect([decision.ret, teidOf(decision)]).toEqual([4, 0x2400n]);
    expect(decision.events).toEqual([
      { type: 'memory_stored', parts: [{ absolute: 0x1ffdn, size: 3 }], data: counting(3) },
      { type: 'memory_made_writable', parts: [{ absolute: 0x2000n, size: 4096 }] },
      { type: 'program_interrupt_queued', vcpu: 0, code: 4, transExcCode: 0x2400n, excAccessId: 0 },
    ]);
    const after = fold(vm, decision.events);
    expect([...bytesAt(after, 0x1ffdn, 4)]).toEqual([1, 2, 3, 0]);
    expect([dirtyAt(after, 0x1000n), dirtyAt(after, 0x2000n), dirtyAt(after, 0x3000n)]).toEqual([true, true, false]);
    expect(keyAt(after, 0x2000n) & 0x06).toBe(0);
  });

  it('LOGICAL_WRITE, key protection on the first fragment: nothing stored, suppression', () => {
    const decision = onVcpu(vmWithKeys(), { op: 'logical_write', gaddr: 0x2ffdn, data: counting(8), ...keyed(6) });
    const writable = { type: 'memory_made_writable', parts: [{ absolute: 0x2ffdn, size: 3 }] };
    expect([decision.ret, teidOf(decision), decision.events]).toEqual([4, 0x2408n, [writable]]);
  });

  it('check-only, key protection on a later fragment: suppression', () => {
    const flags = ['check_only', 'skey_protection'] as const;
    const decision = onVcpu(vmWithKeys(), { op: 'logical_write', gaddr: 0x1ffdn, flags, key: 6 });
    expect([decision.ret, teidOf(decision), decision.events]).toEqual([4, 0x2408n, []]);
  });
});

describe('check-only and the real access may report different codes', () => {
  const vm = identityVm();
  setKey(vm, 0x1000n, 0x50);
  loadDoublewords(vm, pte(2n), 0x2400n);
  loadDoublewords(vm, pte(4n), 0x4400n);
  setKey(vm, 0x5000n, 0x50);
  const write = (gaddr: bigint, flags: MemOpRequest['flags']) => {
    const decision = onVcpu(vm, { op: 'logical_write', gaddr, flags, key: 6, data: counting(8) });
    return [decision.ret, teidOf(decision)];
  };

  it('a protected page before one that is not mapped', () => {
    expect(write(0x1ffcn, ['check_only', 'skey_protection'])).toEqual([4, 0x1408n]);
    expect(write(0x1ffcn, ['skey_protection'])).toEqual([0x11, 0x2400n]);
  });

  it('a page that is not mapped before a protected one', () => {
    expect(write(0x4ffcn, ['check_only', 'skey_protection'])).toEqual([0x11, 0x4400n]);
    expect(write(0x4ffcn, ['skey_protection'])).toEqual([0x11, 0x4400n]);
  });
});

describe('what the exception says', () => {
  const PAGE_1 = (vm: S390xVm, entry: bigint) => loadDoublewords(vm, pte(2n), entry);

  it.each<[string, bigint, S390xRegisterChanges, (vm: S390xVm) => void, Partial<MemOpRequest>]>([
    [
      'key-controlled store',
      0x100408n,
      {},
      (vm) => setKey(vm, 0x100000n, 0x58),
      { gaddr: 0x100000n, op: 'logical_write' },
    ],
    ['key-controlled fetch', 0x100808n, {}, (vm) => setKey(vm, 0x100000n, 0x58), { gaddr: 0x100000n }],
    [
      'terminating store, second page',
      0x101400n,
      {},
      (vm) => {
        setKey(vm, 0x100000n, 0x60);
        setKey(vm, 0x101000n, 0x58);
      },
      { gaddr: 0x100ffcn, op: 'logical_write' },
    ],
    ['DAT-protected store', 0x2404n, {}, (vm) => PAGE_1(vm, 0x2200n), { gaddr: 0x2000n, op: 'logical_write' }],
    ['low-address store', 0x1480n, { crs: { 0: LAP } }, () => undefined, { gaddr: 0x1000n, op: 'logical_write' }],
    [
      'store through a fetch-only access-list entry',
      0x40dn,
      { psw: psw(dat, mode64, access_register), crs: { 2: 0x30000n }, acrs: { 1: 2 } },
      (vm) => {
        loadDoublewords(vm, 0x30010n, 0x31000_00000000n);
        loadDoublewords(vm, 0x31020n, 0x02000000_00000000n, 0x32000_00000000n);
        loadDoublewords(vm, 0x32000n, 0n, IDENTITY_ASCE);
      },
      { gaddr: 0n, op: 'logical_write', ar: 1 },
    ],
  ])('%s: TEID 0x%x', (_name, teid, registers, change, op) => {
    const vm = identityVm(registers);
    change(vm);
    const decision = onVcpu(vm, { op: 'logical_read', data: counting(8), ...keyed(6), ...op });
    expect([decision.ret, teidOf(decision)]).toEqual([4, teid]);
    expect(decision.reply['exception']).toMatchObject({ excAccessId: op.ar ?? 0 });
  });
});

describe('reference, change and dirty bits', () => {
  it('a read sets R, a write R and C and the dirty bit, of the absolute frame', () => {
    const vm = identityVm();
    loadDoublewords(vm, pte(2n), 0x5000n);
    fold(vm, onVcpu(vm, { op: 'logical_read', gaddr: 0x2000n }).events);
    expect([keyAt(vm, 0x2000n), keyAt(vm, 0x5000n), dirtyAt(vm, 0x5000n)]).toEqual([0, 0x04, false]);
    fold(vm, onVcpu(vm, { op: 'logical_write', gaddr: 0x2000n, data: counting(8) }).events);
    expect([keyAt(vm, 0x2000n), keyAt(vm, 0x5000n), dirtyAt(vm, 0x5000n)]).toEqual([0, 0x06, true]);
  });
});
