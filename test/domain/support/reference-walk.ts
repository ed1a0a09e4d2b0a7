import type { PagingHost, PagingRegisters } from '../../../src/domain/x86_64/vcpu/control.js';
import type { Machine } from './x86-machine.js';

/** An entry that a walk read. */
export interface ReferenceStep {
  readonly address: bigint;
  readonly entry: bigint;
}

/** What a walk comes to: the number of a fault, 0 if none; the address of the page's byte; what was read. */
export interface Reference {
  readonly fault: number;
  readonly physical?: bigint;
  /** Where the last entry is, read or not. */
  readonly at: bigint;
  readonly steps: readonly ReferenceStep[];
}

export type Reading = 'documented' | 'kernel' | 'hardware';

const bits = (high: number, low: number): bigint =>
  high < low ? 0n : ((1n << BigInt(high - low + 1)) - 1n) << BigInt(low);
const bit = (value: bigint, n: number): boolean => ((value >> BigInt(n)) & 1n) === 1n;

/** Which levels there are: their number, and the lowest bit and the width of their index. */
function levelsOf({ cr4, efer }: PagingRegisters): [level: number, shift: number, width: number][] {
  const nine = (level: number): [number, number, number] => [level, 3 + 9 * level, 9];
  if (bit(efer, 10)) return (bit(cr4, 12) ? [5, 4, 3, 2, 1] : [4, 3, 2, 1]).map(nine);
  if (bit(cr4, 5)) return [[3, 30, 2], nine(2), nine(1)];
  return [
    [2, 22, 10],
    [1, 12, 10],
  ];
}

/** Reserved bits of an entry, row by row as the specification has them (section 7). */
function reserved(entry: bigint, level: number, { cr4, efer }: PagingRegisters, host: PagingHost): bigint {
  const large = bit(entry, 7);
  const m = host.maxPhysAddrBits;
  const nx = bit(efer, 11) ? 0n : 1n << 63n;
  if (!bit(efer, 10) && !bit(cr4, 5)) return level === 2 && large && bit(cr4, 4) ? bits(21, 17) : 0n;
  if (!bit(efer, 10)) {
    if (level === 3) return bits(2, 1) | bits(8, 5) | bits(63, m);
    return bits(62, m) | nx | (level === 2 && large ? bits(20, 13) : 0n);
  }
  const own = {
    1: 0n,
    2: large ? bits(20, 13) : 0n,
    3: large ? bits(29, 13) | (host.gbPages ? 0n : 0x80n) : 0n,
  }[level];
  const upper = 0x80n | (host.cpuVendor === 'intel' ? 0n : 0x100n);
  return bits(51, m) | nx | (own ?? upper);
}

/** Whether rights are refused (section 8): `w`, `u`, `x` asked for; `aw`, `au`, `ax` granted by all entries so far. */
function refused(
  registers: PagingRegisters,
  access: number,
  granted: { w: boolean; u: boolean; x: boolean },
  key: number,
  final: boolean,
  plain: boolean,
) {
  const [w, u, x] = [0, 1, 2].map((n) => bit(BigInt(access), n));
  const { cr0, cr4, efer, rflags, pkru } = registers;
  const wp = bit(cr0, 16);
  const always = (u && !granted.u) || (w && !granted.w && (u || wp)) || (x && !granted.x && bit(efer, 11));
  const smep = x && !u && granted.u && bit(cr4, 20);
  const smap = !x && !u && granted.u && bit(cr4, 21) && !bit(rflags, 18);
  const [ad, wd] = [bit(BigInt(pkru), 2 * key), bit(BigInt(pkru), 2 * key + 1)];
  const pku = !x && granted.u && bit(efer, 10) && bit(cr4, 22) && (ad || (wd && w && (u || wp)));
  return (plain && always) || (final && (smep || smap || pku));
}

/**
 * A page walk as the specification tells it, in the plainest way, to hold others against.
 *
 * @param reading where rights are judged: on every level, with SMEP, SMAP and keys on the leaf; all of them everywhere with key
 *   0; or all of them on the leaf
 */
export function referenceWalk(
  { host, memory, registers, rules = 1 }: Machine,
  reading: Reading,
  linear: bigint,
  access: number,
): Reference {
  const levels = levelsOf(registers);
  const size = levels[0]?.[2] === 10 ? 4 : 8;
  const isPae = levels.length === 3;
  let table = registers.cr3 & (size === 4 ? bits(31, 12) : isPae ? bits(31, 5) : bits(51, 12));
  const granted = { w: true, u: true, x: true };
  const steps: ReferenceStep[] = [];
  for (const [level, shift, width] of levels) {
    const index = (linear >> BigInt(shift)) & ((1n << BigInt(width)) - 1n);
    const at = table + index * BigInt(size);
    const page = memory.page(Number(at >> 12n));
    if (page === undefined) return { fault: 5, at, steps };
    const bytes = [...page.subarray(Number(at & 0xfffn), Number(at & 0xfffn) + size)];
    const entry = bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
    steps.push({ address: at, entry });
    if (!bit(entry, 0)) return { fault: 1, at, steps };
    if ((entry & reserved(entry, level, registers, host)) !== 0n) return { fault: 3, at, steps };
    if (!(isPae && level === 3)) {
      granted.w &&= bit(entry, 1);
      granted.u &&= bit(entry, 2);
      granted.x &&= !bit(entry, 63);
    }
    const pse = size === 8 || bit(registers.cr4, 4);
    const leaf = level === 1 || (bit(entry, 7) && level < 4 && pse && !(isPae && level === 3));
    const key = leaf && reading !== 'kernel' ? Number((entry >> 59n) & 15n) : 0;
    const isJudged = !(isPae && level === 3) || rules < 3;
    const everything = leaf || (reading === 'kernel' && isJudged);
    if (refused(registers, access, granted, key, everything, everything || reading === 'documented'))
      return { fault: 2, at, steps };
    if (leaf) {
      const within = (1n << BigInt(shift)) - 1n;
      const pse36 = size === 4 && level === 2 ? ((entry >> 13n) & 15n) << 32n : 0n;
      return {
        fault: 0,
        at,
        steps,
        physical: (entry & (size === 4 ? bits(31, 12) : bits(51, 12)) & ~within) | pse36 | (linear & within),
      };
    }
    table = entry & (size === 4 ? bits(31, 12) : bits(51, 12));
  }
  throw new Error('there is always a leaf');
}
