import type { MemOpRequest } from '../../../../src/domain/shapes/s390x-access.js';
import type { S390xVm } from '../../../../src/domain/vm/state.js';
import { counting, onVcpu, teidOf } from '../../support/s390x-commands.js';
import { ENTRIES, IDENTITY_ASCE, identityVm, mapLastPage } from '../../support/s390x-tables.js';
import { PSW_MASK, buildVm, loadDoublewords, psw, setKey, withRegisters } from '../../support/s390x-vm.js';

const { dat, mode64, mode31, mode24 } = PSW_MASK;
const LAP = 0x10000000n;
const FPO = 0x02000000n;
const SPO = 0x01000000n;

const pte = (page: bigint) => ENTRIES.page + 8n * page;
const keyed = (key: number): Pick<MemOpRequest, 'flags' | 'key'> => ({ flags: ['skey_protection'], key });

describe('keys and overrides', () => {
  it.each<[string, bigint, number, bigint, number, MemOpRequest['op'], number]>([
    ['FPO: a fetch of bytes 0-2047', FPO, 0x58, 0n, 2048, 'logical_read', 0],
    ['FPO: a fetch of 2049 bytes from 0', FPO, 0x58, 0n, 2049, 'logical_read', 4],
    ['FPO: a store', FPO, 0x58, 0n, 8, 'logical_write', 4],
    ['no FPO', 0n, 0x58, 0n, 8, 'logical_read', 4],
    ['SPO: a store, ACC 9', SPO, 0x98, 0n, 8, 'logical_write', 0],
    ['SPO: a fetch, ACC 9 with F', SPO, 0x98, 0n, 8, 'logical_read', 0],
    ['no SPO: a store, ACC 9', 0n, 0x98, 0n, 8, 'logical_write', 4],
    ['key 0 does not bypass low-address protection', LAP, 0x00, 0n, 8, 'logical_write', 4],
  ])('%s, check-only and real', (_name, cr0, storageKey, gaddr, size, op, ret) => {
    const vm = identityVm({ crs: { 0: cr0 } });
    setKey(vm, 0n, storageKey);
    const key = cr0 === LAP ? 0 : 6;
    expect(onVcpu(vm, { op, gaddr, size, data: counting(size), ...keyed(key) }).ret).toBe(ret);
    expect(onVcpu(vm, { op, gaddr, size, flags: ['check_only', 'skey_protection'], key }).ret).toBe(ret);
  });

  it('FPO is decided page by page on the virtual address: a range that wraps to 0', () => {
    const vm = identityVm({ crs: { 0: FPO } });
    mapLastPage(vm);
    setKey(vm, 0n, 0x58);
    const read = (size: number) => onVcpu(vm, { op: 'logical_read', gaddr: 0xfffffffffffff800n, size, ...keyed(6) });
    expect(read(2048 + 2048).ret).toBe(0);
    expect([read(2048 + 2049).ret, teidOf(read(2048 + 2049))]).toEqual([4, 0x808n]);
  });

  it('FPO does not look at the absolute address', () => {
    const vm = identityVm({ crs: { 0: FPO } });
    loadDoublewords(vm, pte(2n), 0n);
    setKey(vm, 0n, 0x58);
    expect(onVcpu(vm, { op: 'logical_read', gaddr: 0x2000n, ...keyed(6) }).ret).toBe(4);
  });

  it('FPO and low-address protection do not apply through a private space', () => {
    const vm = identityVm({ crs: { 0: FPO | LAP, 1: IDENTITY_ASCE | 0x100n } });
    setKey(vm, 0n, 0x58);
    expect(onVcpu(vm, { op: 'logical_read', ...keyed(6) }).ret).toBe(4);
    expect(onVcpu(vm, { op: 'logical_write', data: counting(8), ...keyed(5) }).ret).toBe(0);
  });

  it('the PSW key and the problem state do not matter', () => {
    const vm = identityVm({ psw: psw(dat, mode64, 0x00f1_0000_0000_0000n) });
    setKey(vm, 0n, 0x58);
    expect(onVcpu(vm, { op: 'logical_write', data: counting(8) }).ret).toBe(0);
  });
});

describe('addresses', () => {
  const real = (mode: bigint, prefix = 0) => buildVm({ memoryMiB: 17, registers: { psw: psw(mode), prefix } });
  const read = (vm: S390xVm, gaddr: bigint, size = 8) => {
    const { ret, events } = onVcpu(vm, { op: 'logical_read', gaddr, size });
    return ret === 0 ? events.flatMap((event) => ('parts' in event ? event.parts : [])) : ret;
  };

  it('24-bit mode: the low 24 bits, wrapping at 16 MiB', () => {
    expect(read(real(mode24), 0xff00_1234n)).toEqual([{ absolute: 0x1234n, size: 8 }]);
    expect(read(real(mode24), 0xfffffcn)).toEqual([
      { absolute: 0xfffffcn, size: 4 },
      { absolute: 0n, size: 4 },
    ]);
  });

  it('the invalid mode 10 is taken as 24-bit', () => {
    expect(read(real(0x100000000n), 0x1_0100_0000n)).toEqual([{ absolute: 0n, size: 8 }]);
  });

  it('31-bit mode: the low 31 bits, wrapping at 2 GiB', () => {
    const slots = [
      { guestPhysAddr: 0n, size: 0x1000n },
      { guestPhysAddr: 0x7ffff000n, size: 0x1000n },
    ];
    const vm = buildVm({ slots, registers: { psw: psw(mode31) } });
    expect(read(vm, 0xffff_ffff_8000_0010n)).toEqual([{ absolute: 0x10n, size: 8 }]);
    expect(read(vm, 0x7ffffffcn)).toEqual([
      { absolute: 0x7ffffffcn, size: 4 },
      { absolute: 0n, size: 4 },
    ]);
  });

  it('64-bit mode: all bits, wrapping at 2^64', () => {
    const vm = identityVm();
    mapLastPage(vm);
    expect(read(vm, 0xfffffffffffffffcn)).toEqual([
      { absolute: 0x1c0ffcn, size: 4 },
      { absolute: 0n, size: 4 },
    ]);
    expect(read(real(mode64), 0x1_0000_0000n)).toBe(5);
  });

  it('64-bit mode: ranges carry into bit 31', () => {
    const slots = [{ guestPhysAddr: 0xfffff000n, size: 0x2000n }];
    expect(read(buildVm({ slots, registers: { psw: psw(mode64) } }), 0xfffffffcn)).toEqual([
      { absolute: 0xfffffffcn, size: 8 },
    ]);
  });

  it('the TEID has the effective address', () => {
    const vm = identityVm({ psw: psw(dat, mode31) });
    expect(teidOf(onVcpu(vm, { op: 'logical_read', gaddr: 0x1234_5678_f040_0123n }))).toBe(0x70400800n);
  });

  it('DAT off: real addresses are prefixed', () => {
    expect(read(real(mode64, 0x20000), 0x1ffcn)).toEqual([
      { absolute: 0x21ffcn, size: 4 },
      { absolute: 0x2000n, size: 4 },
    ]);
    expect(read(real(mode64, 0x20000), 0x20010n)).toEqual([{ absolute: 0x10n, size: 8 }]);
  });

  it('without memory slots: addressing, with DAT at the first table', () => {
    const none = (mask: bigint) => buildVm({ memoryMiB: 0, registers: { psw: psw(mask, mode64) } });
    expect([read(none(0n), 0n), read(none(dat), 0n)]).toEqual([5, 5]);
  });

  it('low-address protection looks at the first byte of each page fragment only', () => {
    const vm = withRegisters(real(mode64), { crs: { 0: LAP } });
    const write = (gaddr: bigint, size: number) =>
      onVcpu(vm, { op: 'logical_write', gaddr, size, data: counting(size) }).ret;
    expect([write(0x1ffn, 1), write(0x200n, 8), write(0xf00n, 0x101), write(0x1200n, 8)]).toEqual([4, 0, 4, 0]);
  });
});
