import { frameOf } from '../memory/address.js';
import { ACCESS_BITS } from '../shapes/kvmi.js';
import type { Introspection } from './state.js';

/** All of read, write and execute: the access of a page that was never restricted. */
export const FULL_ACCESS = ACCESS_BITS.r | ACCESS_BITS.w | ACCESS_BITS.x;

/** A page and the access that it is to have: bits of ACCESS_BITS, or a number that is no access. */
export interface AccessEntry {
  readonly gpa: bigint;
  readonly access: number;
}

/** Whether a page can have such an access: bits that exist, and no writing without reading (no second-level entry means that). */
export const isAccess = (access: number): boolean =>
  (access & ~FULL_ACCESS) === 0 && (access & (ACCESS_BITS.r | ACCESS_BITS.w)) !== ACCESS_BITS.w;

/** The entries that are carried out: those before the first bad one (SET_PAGE_ACCESS, in order). */
export function goodEntries(entries: readonly AccessEntry[]): readonly AccessEntry[] {
  const bad = entries.findIndex(({ access }) => !isAccess(access));
  return bad < 0 ? entries : entries.slice(0, bad);
}

/** The access of the page that a guest address lies in. */
export const accessOf = (introspection: Introspection | undefined, gpa: bigint): number =>
  introspection?.access?.get(frameOf(gpa)) ?? FULL_ACCESS;

/** The accesses of pages after entries were set, in order of frame; the last of several for a page counts, and full access forgets it. */
export function withAccess(
  access: ReadonlyMap<number, number> = new Map(),
  entries: readonly AccessEntry[],
): ReadonlyMap<number, number> | undefined {
  const changed = new Map(access);
  for (const { gpa, access: bits } of entries) {
    if (bits === FULL_ACCESS) changed.delete(frameOf(gpa));
    else changed.set(frameOf(gpa), bits);
  }
  return changed.size === 0 ? undefined : new Map([...changed].sort(([a], [b]) => a - b));
}

/** An access as it is answered: the names of its bits. */
export const accessNames = (access: number): string[] =>
  Object.entries(ACCESS_BITS).flatMap(([name, bit]) => ((access & bit) === 0 ? [] : [name]));
