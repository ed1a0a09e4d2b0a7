import type { Absolute } from '../memory/address.js';
import { asAbsolute, frameOf, offsetOf } from '../memory/address.js';
import { ENTRY, KEY_SHIFT, LARGE_PAT, NX } from './entry.js';
import type { TranslateFault } from './fault.js';
import type { ActiveLevel, Paging } from './paging.js';
import type { PagingMode, Table } from './paging-mode.js';
import { ALL_RIGHTS, RIGHT, RULES, type RuleName, brokenRule } from './permissions.js';

/** An entry that a walk read, as it is answered with `explain`. */
export interface WalkStep {
  /** 1 page table to 5 PML5. */
  readonly level: number;
  readonly table: Table;
  readonly index: number;
  readonly entryAddress: Absolute;
  /** 8 bytes, or 4 with 32-bit paging. */
  readonly entry: bigint;
  readonly flags: readonly string[];
  /** Bytes of the page, on the entry that maps it. */
  readonly pageSize?: number;
  /** The next table, or the page. */
  readonly next?: bigint;
}

const stop = (fault: TranslateFault, check: string) => ({ fault, check });

const ruleStops = Object.fromEntries(
  Object.entries(RULES).map(([name, { check }]) => [name, stop('privilege_violation', check)]),
) as Readonly<Record<RuleName, ReturnType<typeof stop>>>;

/** Why a translation stops, by a name for machines: the fault, and what would have had to hold. */
export const STOPS = {
  non_canonical: stop(
    'invalid_gva',
    'in 64-bit mode the bits above the highest index must all be equal to the one below them',
  ),
  above_4g: stop('invalid_gva', 'outside 64-bit mode a linear address has 32 bits'),
  table_unbacked: stop('invalid_gpa', 'a memory slot must back the table'),
  not_present: stop('not_present', 'bit 0 of the entry must be 1'),
  reserved_bits: stop('reserved_bits', 'reserved bits of a present entry must be 0'),
  ...ruleStops,
} as const;

export type StopReason = keyof typeof STOPS;

/** A walk in full: what it read, and the address that it came to or what stopped it, and where. */
export interface ExplainedWalk {
  readonly steps: readonly WalkStep[];
  readonly physical?: Absolute;
  readonly stopped?: { readonly reason: StopReason; readonly entryAddress: Absolute };
}

const COMMON_FLAGS = {
  present: ENTRY.present,
  write: ENTRY.write,
  user: ENTRY.user,
  write_through: ENTRY.writeThrough,
  cache_disable: ENTRY.cacheDisable,
  accessed: ENTRY.accessed,
};
/** Names of the flags of an entry by what it is; NX is added. */
const FLAG_SETS = {
  pointer: COMMON_FLAGS,
  page: { ...COMMON_FLAGS, dirty: ENTRY.dirty, pat: ENTRY.pageSize, global: ENTRY.global },
  large: { ...COMMON_FLAGS, dirty: ENTRY.dirty, large: ENTRY.pageSize, global: ENTRY.global, pat: LARGE_PAT },
  pdpte: { present: ENTRY.present, write_through: ENTRY.writeThrough, cache_disable: ENTRY.cacheDisable },
} as const satisfies Record<string, Readonly<Record<string, number>>>;

/** The lower bits of an entry that have names. */
const LOW_BITS = 0x1fffn;

const lists = new Map<string, readonly string[]>();

/** The names of the flags that are set, in order of bits; lists are shared. */
function flagsOf(kind: keyof typeof FLAG_SETS, low: number, entry: bigint): readonly string[] {
  const noExecute = kind !== 'pdpte' && (entry & NX) !== 0n;
  const key = `${kind}${low}${noExecute}`;
  const known = lists.get(key);
  if (known) return known;
  const names = Object.entries(FLAG_SETS[kind]).flatMap(([name, bit]) => ((low & bit) === 0 ? [] : [name]));
  const list = noExecute ? [...names, 'no_execute'] : names;
  lists.set(key, list);
  return list;
}

/** The start of the page that a leaf maps. */
function pageOf(mode: PagingMode, { shift }: ActiveLevel, entry: bigint): bigint {
  const start = entry & mode.address & -(1n << BigInt(shift));
  return mode.pse36 && shift > 12 ? start | (((entry >> 13n) & 15n) << 32n) : start;
}

/** The rights that entries down to this one grant. */
function narrowed(rights: number, { restricts }: ActiveLevel, entry: bigint): number {
  if (!restricts) return rights;
  const exec = (entry & NX) === 0n ? RIGHT.exec : 0;
  return rights & (Number(entry & BigInt(RIGHT.write | RIGHT.user)) | exec);
}

function kindOf({ level, restricts }: ActiveLevel, leaf: boolean): keyof typeof FLAG_SETS {
  if (!restricts) return 'pdpte';
  return leaf ? (level === 1 ? 'page' : 'large') : 'pointer';
}

function readEntry(page: Uint8Array, offset: number, size: number): bigint {
  const view = new DataView(page.buffer, page.byteOffset + offset, size);
  return size === 8 ? view.getBigUint64(0, true) : BigInt(view.getUint32(0, true));
}

/**
 * The same walk as `Walker.walk`, told entry by entry and in the words of the tables: slower, and easier to believe.
 *
 * @param mode the mode of `paging`
 * @param linear the address; bits that no index takes do not matter
 * @param access bits of ACCESS
 */
export function explainWalk(paging: Paging, mode: PagingMode, linear: bigint, access: number): ExplainedWalk {
  const { memory, reading, controls } = paging;
  const steps: WalkStep[] = [];
  let table = paging.root;
  let rights: number = ALL_RIGHTS;
  for (const level of paging.levels) {
    const index = Number(linear >> BigInt(level.shift)) & ((1 << level.indexBits) - 1);
    const entryAddress = asAbsolute(table + BigInt(index * mode.entrySize));
    const stopped = (reason: StopReason): ExplainedWalk => ({ steps, stopped: { reason, entryAddress } });
    const page = memory.page(frameOf(entryAddress));
    if (page === undefined) return stopped('table_unbacked');
    const entry = readEntry(page, offsetOf(entryAddress), mode.entrySize);
    const low = Number(entry & LOW_BITS);
    const leaf = (low & level.leafBit) !== 0;
    const step = { level: level.level, table: level.table, index, entryAddress, entry };
    if ((low & ENTRY.present) === 0) {
      steps.push({ ...step, flags: [] });
      return stopped('not_present');
    }
    const next = leaf ? pageOf(mode, level, entry) : entry & mode.address;
    const flags = flagsOf(kindOf(level, leaf), low, entry);
    if ((entry & level.reservedBits[(low & ENTRY.pageSize) === 0 ? 0 : 1]) !== 0n) {
      steps.push({ ...step, flags: [...flags, 'reserved'] });
      return stopped('reserved_bits');
    }
    steps.push({ ...step, flags, ...(leaf && { pageSize: 2 ** level.shift }), next });
    rights = narrowed(rights, level, entry);
    const key = leaf ? Number(entry >> KEY_SHIFT) & 15 : 0;
    const broken = brokenRule(reading, leaf, { access, rights, controls }, key);
    if (broken !== undefined) return stopped(broken);
    if (leaf) return { steps, physical: asAbsolute(next | (linear & ((1n << BigInt(level.shift)) - 1n))) };
    table = next;
  }
  throw new Error(`${mode.name} paging has no last level`);
}
