import { frameOf } from '../domain/memory/address.js';
import type { Query } from '../infra/journal/journal.js';
import type { FilterInput } from './shapes/journal.js';

type Present<Fields> = { readonly [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

/** An object without the fields that are undefined. */
export const present = <Fields extends object>(fields: Fields): Present<Fields> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<Fields>;

/**
 * What filters ask of the journal: a range of guest memory is asked for by its frames.
 *
 * @param shared whether records of other VMs count that touched the range of `vm` through a page which both have
 */
export function filtersOf({ vm, gpa, size = 1n, ...given }: FilterInput, shared = true): Omit<Query, 'after' | 'limit'> {
  if (gpa === undefined) return present({ vm, ...given });
  const range = { first: frameOf(gpa), last: frameOf(gpa + size - 1n) };
  if (shared && vm !== undefined) return { ...present(given), touching: { vm, ...range } };
  return { ...present({ vm, ...given }), frames: range };
}
