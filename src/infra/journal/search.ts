import { frameOf } from '../../domain/memory/address.js';
import type { Query } from './journal.js';

/** Filters as clients give them: milliseconds since 1970, and a range of guest memory in bytes. */
export interface SearchInput {
  readonly vm?: string | undefined;
  readonly type?: string | undefined;
  readonly outcome?: 'done' | 'refused' | undefined;
  readonly actor?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly gpa?: bigint | undefined;
  /** 1 if absent. */
  readonly size?: bigint | undefined;
  readonly afterVersion?: number | undefined;
  readonly upToVersion?: number | undefined;
}

/**
 * What filters ask of the journal: a range of guest memory is asked for by its frames.
 *
 * @param shared whether records of other VMs count that touched the range of `vm` through a page which both have
 */
export function searchOf(
  { vm, gpa, size = 1n, ...filters }: SearchInput,
  shared = true,
): Omit<Query, 'after' | 'limit'> {
  const range = gpa === undefined ? undefined : { first: frameOf(gpa), last: frameOf(gpa + size - 1n) };
  const touching = shared && vm !== undefined && range && { vm, ...range };
  const where = touching ? { touching } : { vm, frames: range };
  return Object.fromEntries(Object.entries({ ...where, ...filters }).filter(([, value]) => value !== undefined));
}
