import { guest } from '../../../../src/domain/s390x/guest/guest.js';
import type { S390xRegisterChanges } from '../../../../src/domain/shapes/s390x-registers.js';
import type { Decision } from '../../../../src/domain/vm/decision.js';
import type { S390xVm } from '../../../../src/domain/vm/state.js';
import { identityVm } from '../../support/s390x-tables.js';
import {
  PSW_MASK,
  buildVm,
  bytesAt,
  dirtyAt,
  fold,
  keyAt,
  loadDoublewords,
  psw,
  setKey,
} from '../../support/s390x-vm.js';

type Operands = Omit<Parameters<typeof guest>[1], 'type' | 'vcpu' | 'instruction'>;

const execute = (vm: S390xVm, instruction: string, operands: Operands): Decision =>
  guest(vm, { type: 's390_guest', vcpu: 0, instruction, ...operands }, vm);

const LAP = 0x10000000n;
const FPO = 0x02000000n;
const SPO = 0x01000000n;
const pswKey = (key: bigint) => key << 52n;

/** The identity map in 64-bit mode, with bits of CR0 and of the PSW. */
const mapped = (cr0 = 0n, bits = 0n, crs: S390xRegisterChanges['crs'] = {}): S390xVm =>
  identityVm({ psw: psw(PSW_MASK.dat, PSW_MASK.mode64, bits), crs: { 0: cr0, ...crs } });

const PTE_OF_0X6000 = 0x190030n;
const PROTECTED = 0x6200n;
const INVALID = 0x6400n;
const RESERVED_BIT = 0x6800n;

/** The identity map with another entry for page 6. */
const withPte = (entry: bigint): S390xVm => {
  const vm = mapped();
  loadDoublewords(vm, PTE_OF_0X6000, entry);
  return vm;
};

const withKey = (vm: S390xVm, key: number, address = 0x6000n): S390xVm => {
  setKey(vm, address, key);
  return vm;
};

describe('TEST PROTECTION', () => {
  it.each<[row: string, vm: S390xVm, gaddr: bigint, key: number, cc: number]>([
    ['key 0', withKey(mapped(), 0x38), 0x6000n, 0, 0],
    ['key == ACC', withKey(mapped(), 0x38), 0x6000n, 3, 0],
    ['key mismatch, F=0', withKey(mapped(), 0x30), 0x6000n, 4, 1],
    ['key mismatch, F=1', withKey(mapped(), 0x38), 0x6000n, 4, 2],
    ['key mismatch, F=1, FPO below 2048', withKey(mapped(FPO), 0x38, 0n), 2047n, 4, 1],
    ['key mismatch, F=1, FPO from 2048 on', withKey(mapped(FPO), 0x38, 0n), 2048n, 4, 2],
    ['key mismatch, ACC=9, SPO', withKey(mapped(SPO), 0x98), 0x6000n, 4, 0],
    ['key mismatch, ACC=9, no SPO', withKey(mapped(), 0x98), 0x6000n, 4, 2],
    ['DAT-protected page, key ok', withPte(PROTECTED), 0x6000n, 0, 1],
    ['DAT-protected page, key mismatch, F=1', withKey(withPte(PROTECTED), 0x38), 0x6000n, 4, 2],
    ['low-address protection', mapped(LAP), 511n, 0, 1],
    ['low-address protection ends', mapped(LAP), 512n, 0, 0],
    ['page translation', withPte(INVALID), 0x6000n, 0, 3],
    ['segment translation', mapped(), 0x400000n, 0, 3],
    ['region-third translation', mapped(), 0x80000000n, 0, 3],
    ['ASCE type', mapped(0n, 0n, { 1: 0x18c000n }), 0x80000000n, 0, 3],
    ['access-register mode takes the primary space', mapped(0n, PSW_MASK.access_register), 0x6000n, 0, 0],
    ['home space', mapped(0n, PSW_MASK.home, { 13: 0x18000fn }), 0x6000n, 0, 0],
    ['DAT off', buildVm({ registers: { psw: psw(PSW_MASK.mode64) } }), 0x6000n, 0, 0],
  ])('row %s', (_row, vm, gaddr, key, cc) => {
    expect(execute(vm, 'tprot', { gaddr, key })).toEqual({ ret: 0, reply: { cc }, events: [] });
  });

  it.each<[row: string, vm: S390xVm, gaddr: bigint, code: number]>([
    ['0x05 of the page', buildVm({ registers: { psw: psw(PSW_MASK.mode64) } }), 0x400000n, 0x05],
    ['0x05 of a table', mapped(0n, 0n, { 1: 0x80000000f00000fn }), 0x6000n, 0x05],
    ['0x12', withPte(RESERVED_BIT), 0x6000n, 0x12],
    ['a DAT-protected page outside memory', withPte(0x7fff_0200n), 0x6000n, 0x05],
  ])('row %s is raised', (_row, vm, gaddr, code) => {
    expect(execute(vm, 'tprot', { gaddr, key: 0 })).toMatchObject({
      ret: code,
      reply: { exception: { code } },
      events: [],
    });
  });
});

describe('a store of the guest', () => {
  const data = Uint8Array.of(1, 2, 3, 4);

  it('goes through translation over pages, and leaves reference, change and dirty bits', () => {
    const decision = execute(mapped(), 'store', { gaddr: 0x6ffen, data });
    expect(decision).toMatchObject({ ret: 0, reply: {} });
    const vm = fold(mapped(), decision.events);
    expect([...bytesAt(vm, 0x6ffen, 4)]).toEqual([...data]);
    for (const page of [0x6000n, 0x7000n]) expect([keyAt(vm, page), dirtyAt(vm, page)]).toEqual([0x06, true]);
  });

  it.each<[row: string, vm: S390xVm, gaddr: bigint, code: number]>([
    ['low-address protection', mapped(LAP), 4600n, 0x04],
    ['DAT protection', withPte(PROTECTED), 0x6000n, 0x04],
    ['DAT protection of the second page', withPte(PROTECTED), 0x5ffen, 0x04],
    ['key-controlled protection', withKey(mapped(0n, pswKey(4n)), 0x30), 0x6000n, 0x04],
    [
      'key-controlled protection of the second page',
      withKey(withKey(mapped(0n, pswKey(4n)), 0x30), 0x40, 0x5000n),
      0x5ffen,
      0x04,
    ],
    ['page translation', withPte(INVALID), 0x6000n, 0x11],
    ['segment translation', mapped(), 0x400000n, 0x10],
    ['addressing', buildVm({ registers: { psw: psw(PSW_MASK.mode64) } }), 0x3ffffen, 0x05],
  ])('stores nothing on an exception: %s', (_row, vm, gaddr, code) => {
    const { ret, reply, events } = execute(vm, 'store', { gaddr, data });
    expect([ret, (reply['exception'] as { code: number }).code, events]).toEqual([code, code, []]);
  });

  it.each<[row: string, vm: S390xVm]>([
    ['key 0', withKey(mapped(), 0x38)],
    ['the key of the page', withKey(mapped(0n, pswKey(3n)), 0x38)],
    ['any key and storage-protection override', withKey(mapped(SPO, pswKey(3n)), 0x98)],
  ])('passes with %s', (_row, vm) => {
    expect(execute(vm, 'store', { gaddr: 0x6000n, data }).ret).toBe(0);
  });

  it('is a program interruption with its TEID, which is not queued', () => {
    const { reply, events } = execute(withPte(PROTECTED), 'store', { gaddr: 0x6010n, data });
    expect(reply).toEqual({ exception: { code: 4, name: 'protection', transExcCode: 0x6404n, excAccessId: 0 } });
    expect(events).toEqual([]);
  });
});

describe('a load of the guest', () => {
  it('answers what is there and leaves reference bits', () => {
    const vm = mapped();
    loadDoublewords(vm, 0x6000n, 0x0102030405060708n);
    const decision = execute(vm, 'load', { gaddr: 0x6002n, size: 3 });
    expect(decision.reply).toEqual({ data: Uint8Array.of(3, 4, 5) });
    const after = fold(vm, decision.events);
    expect([keyAt(after, 0x6000n), dirtyAt(after, 0x6000n)]).toEqual([0x04, false]);
  });

  it.each<[row: string, vm: S390xVm, gaddr: bigint, code: number]>([
    ['fetch protection', withKey(mapped(0n, pswKey(4n)), 0x38), 0x6000n, 0x04],
    ['no fetch protection', withKey(mapped(0n, pswKey(4n)), 0x30), 0x6000n, 0],
    ['fetch-protection override', withKey(mapped(FPO, pswKey(4n)), 0x38, 0n), 2000n, 0],
    ['DAT protection', withPte(PROTECTED), 0x6000n, 0],
    ['page translation', withPte(INVALID), 0x5fffn, 0x11],
    ['low-address protection', mapped(LAP), 0n, 0],
    ['addressing', buildVm({ registers: { psw: psw(PSW_MASK.mode64) } }), 0x3fffffn, 0x05],
  ])('%s', (_row, vm, gaddr, code) => {
    const { ret, events } = execute(vm, 'load', { gaddr, size: 2 });
    expect([ret, events.length]).toEqual([code, code === 0 ? 1 : 0]);
  });
});

describe('SET PREFIX', () => {
  it.each([
    [0x4000, 0x4000],
    [0x80005fff, 0x4000],
    [0, 0],
  ])('of %i sets %i', (prefix, expected) => {
    const { ret, events } = execute(mapped(), 'spx', { prefix });
    expect(ret).toBe(0);
    expect(fold(mapped(), events).vcpus.get(0)?.registers.prefix).toBe(expected);
  });

  it('of a page in no slot is an addressing exception', () => {
    expect(execute(mapped(), 'spx', { prefix: 0x400000 })).toEqual({
      ret: 5,
      reply: { exception: { code: 5, name: 'addressing' } },
      events: [],
    });
  });
});

it.each(['tprot', 'spx'])('%s in problem state is a privileged operation', (instruction) => {
  const vm = mapped(0n, 1n << 48n);
  expect(execute(vm, instruction, { gaddr: 0n, key: 0, prefix: 0 })).toMatchObject({ ret: 2, events: [] });
});

it.each(['store', 'load'])('%s in problem state is not', (instruction) => {
  const vm = mapped(0n, 1n << 48n);
  expect(execute(vm, instruction, { gaddr: 0x6000n, data: Uint8Array.of(1), size: 1 }).ret).toBe(0);
});
