import { type Part, asAbsolute } from '../../memory/address.js';
import type { Given } from './access.js';

/** An entry that a walk read, as a record's JSON has it. */
export interface WalkEntry {
  readonly level: number;
  readonly table: string;
  readonly entryAddress: string;
}

/** Bytes of the entries of access-register translation (PoP, "Access-Register Translation"). */
const AR_ENTRIES: Readonly<Record<string, number>> = {
  access_list_designation: 4,
  access_list: 16,
  asn_second_table: 64,
  authority_table: 1,
};

/** The level that a walk with 32-bit paging of x86 begins at; no other one does. */
const LEGACY_ROOT = 2;

/** The memory that holds the entries of a walk, in the order in which they were read. */
export function walkParts(walk: readonly WalkEntry[], space: Given['space']): Part[] {
  const size = space === 'linear' && walk[0]?.level === LEGACY_ROOT ? 4 : 8;
  return walk.map(({ level, table, entryAddress }) => ({
    absolute: asAbsolute(BigInt(entryAddress)),
    size: level === 0 ? (AR_ENTRIES[table] ?? size) : size,
  }));
}
