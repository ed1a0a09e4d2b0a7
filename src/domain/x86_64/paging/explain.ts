import { type Absolute, addressOf } from '../../memory/address.js';
import { doublewordOf, highWord, lowWord } from '../../memory/words.js';
import { ENTRY, LARGE_PAT } from './entry.js';
import { TRANSLATE_FAULTS, type TranslateFault } from './fault.js';
import type { LevelWords } from './level-words.js';
import { type ActiveLevel, type Paging, rootOf } from './paging.js';
import type { Table } from './paging-mode.js';
import { ALL_RIGHTS, RULES, type RuleName, brokenRule } from './permissions.js';

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

type EntryKind = keyof typeof FLAG_SETS;

/** The lower bits of an entry that have names. */
const NAMED_BITS = 0x1fff;

const namesOf = (kind: EntryKind, low: number, noExecute: boolean): readonly string[] => {
  const names = Object.entries(FLAG_SETS[kind]).flatMap(([name, bit]) => ((low & bit) === 0 ? [] : [name]));
  return noExecute ? [...names, 'no_execute'] : names;
};

/** Lists of names that were made before, by lower bits and NX. */
const known: { readonly [Kind in EntryKind]: (readonly string[] | undefined)[] } = {
  pointer: [],
  page: [],
  large: [],
  pdpte: [],
};

/** The names of the flags that are set, in order of bits; lists are shared. */
function flagsOf(kind: EntryKind, low: number, high: number): readonly string[] {
  const noExecute = kind !== 'pdpte' && high >>> 31 !== 0;
  const bits = low & NAMED_BITS;
  return (known[kind][noExecute ? bits + NAMED_BITS + 1 : bits] ??= namesOf(kind, bits, noExecute));
}

function kindOf({ level, restricts }: ActiveLevel, leaf: boolean): EntryKind {
  if (!restricts) return 'pdpte';
  return leaf ? (level === 1 ? 'page' : 'large') : 'pointer';
}

/**
 * The same walk as `Walker.walk`, told entry by entry, and judged by the rules themselves rather than by tables made of them.
 *
 * @param levels those of `paging`
 * @param linear the address; bits that no index takes do not matter
 * @param access bits of ACCESS
 */
export function explainWalk(
  paging: Paging,
  levels: readonly LevelWords[],
  linear: bigint,
  access: number,
): ExplainedWalk {
  const { memory, reading, controls } = paging;
  const linearHigh = highWord(linear);
  const linearLow = lowWord(linear);
  const steps: WalkStep[] = [];
  let { frame, offset: base } = rootOf(paging);
  let rights: number = ALL_RIGHTS;
  let at = 0;
  for (const active of paging.levels) {
    const { level, table } = active;
    const words = levels[at];
    if (words === undefined) break;
    const index = words.index(linearHigh, linearLow);
    const offset = base + words.offset(index);
    const entryAddress = addressOf(frame, offset);
    const page = memory.page(frame);
    if (page === undefined) return { steps, stopped: { reason: 'table_unbacked', entryAddress } };
    const low = words.low(page, offset);
    const high = words.high(page, offset);
    const entry = doublewordOf(high, low);
    const leaf = words.isLeaf(low);
    const names = flagsOf(kindOf(active, leaf), low, high);
    const fault = words.fault(low, high);
    if (fault !== 0) {
      const reason = fault === TRANSLATE_FAULTS.not_present ? 'not_present' : 'reserved_bits';
      const flags = reason === 'not_present' ? [] : [...names, 'reserved'];
      steps.push({ level, table, index, entryAddress, entry, flags });
      return { steps, stopped: { reason, entryAddress } };
    }
    frame = leaf ? words.pageFrame(low, high, 0) : words.tableFrame(low, high);
    const next = addressOf(frame);
    steps.push(
      leaf
        ? { level, table, index, entryAddress, entry, flags: names, pageSize: 2 ** active.shift, next }
        : { level, table, index, entryAddress, entry, flags: names, next },
    );
    rights = words.narrowed(low, high, rights);
    const attempt = { access, rights, controls, key: leaf ? words.key(high) : 0 };
    const reason = leaf || active.judged ? brokenRule(reading, leaf, attempt) : undefined;
    if (reason !== undefined) return { steps, stopped: { reason, entryAddress } };
    if (leaf) return { steps, physical: addressOf(words.pageFrame(low, high, linearLow), linearLow & 0xfff) };
    base = 0;
    at++;
  }
  throw new Error('the last level has no leaf');
}
