import type { S390xRegisterChanges } from '../../../src/domain/shapes/s390x-registers.js';
import { type S390xVm, fork } from '../../../src/domain/vm/state.js';
import { PSW_MASK, buildVm, fill, loadDoublewords, psw, withRegisters } from './s390x-vm.js';

/** The ASCE of the identity map: a region-first table of full length. */
export const IDENTITY_ASCE = 0x18000fn;

/** The ASCE that starts at the identity map's segment table. */
export const SEGMENT_ASCE = 0x18c000n;

/** Absolute addresses of the entries that map the first pages of the identity map. */
export const ENTRIES = {
  region_first: 0x180000n,
  region_second: 0x184000n,
  region_third: 0x188000n,
  segment: 0x18c000n,
  page: 0x190000n,
} as const;

/** Loads an identity map of the first 4 MiB at 0x180000, five levels, every other entry invalid. */
export function loadIdentityMap(vm: S390xVm): void {
  for (const { table, size } of [
    { table: 0x180000n, size: 0x4000 },
    { table: 0x184000n, size: 0x4000 },
    { table: 0x188000n, size: 0x4000 },
    { table: 0x18c000n, size: 0x4000 },
    { table: 0x190000n, size: 0x4000 },
  ])
    fill(vm, table, size, 0xff);
  loadDoublewords(vm, 0x180000n, 0x18400fn);
  loadDoublewords(vm, 0x184000n, 0x18800bn);
  loadDoublewords(vm, 0x188000n, 0x18c007n);
  loadDoublewords(vm, 0x18c000n, 0x190000n, 0x191000n, 0x192000n, 0x193000n);
  for (let segment = 0n; segment < 4n; segment++) {
    const entries = Array.from({ length: 256 }, (_, page) => (segment << 20n) + (BigInt(page) << 12n));
    loadDoublewords(vm, 0x190000n + 0x1000n * segment, ...entries);
  }
}

/** Maps the last virtual page to absolute 0x1C0000 as well. */
export function mapLastPage(vm: S390xVm): void {
  for (const table of [0x194000n, 0x198000n, 0x19c000n]) fill(vm, table, 0x4000, 0xff);
  fill(vm, 0x1a0000n, 0x1000, 0xff);
  loadDoublewords(vm, 0x183ff8n, 0x19400fn);
  loadDoublewords(vm, 0x197ff8n, 0x19800bn);
  loadDoublewords(vm, 0x19bff8n, 0x19c007n);
  loadDoublewords(vm, 0x19fff8n, 0x1a0000n);
  loadDoublewords(vm, 0x1a07f8n, 0x1c0000n);
}

const mapped = (() => {
  const vm = buildVm({
    logDirty: true,
    registers: { psw: psw(PSW_MASK.dat, PSW_MASK.mode64), crs: { 1: IDENTITY_ASCE } },
  });
  loadIdentityMap(vm);
  return vm;
})();

/** A VM of 4 MiB with dirty logging whose vCPU 0 runs with the identity map in primary space, 64-bit mode. */
export const identityVm = (registers: S390xRegisterChanges = {}): S390xVm => withRegisters(fork(mapped), registers);
