import { z } from 'zod';
import { malformedRequest } from './problem.js';
import { queryInteger } from './query-integer.js';

/** Most items of a page, and how many there are if nobody says. */
export const PAGE_MAX = 1000;
export const PAGE_DEFAULT = 100;

/** The query of a collection. */
export const paging = {
  limit: queryInteger(1, PAGE_MAX).default(PAGE_DEFAULT),
  cursor: z.string().max(512).optional().meta({ description: 'nextCursor of the page before' }),
};

/** A page of a collection as it is answered; no `nextCursor` at the end. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string;
}

/** The cursor of what comes after `after`. */
export const cursorAfter = (after: string | number): string => Buffer.from(JSON.stringify(after)).toString('base64url');

const BASE64URL = /^[A-Za-z0-9_-]+$/;

/** The answer to a cursor that no page ended with. */
export const notACursor = () => malformedRequest([{ field: 'cursor', message: 'is not a cursor of this collection' }]);

/**
 * Where the page before ended: what `pageOf` was told of its last item.
 *
 * @throws RequestProblem
 */
export function cursorOf<Key extends string | number>(
  cursor: string | undefined,
  key: z.ZodType<Key>,
  start: Key,
): Key {
  if (cursor === undefined) return start;
  try {
    if (BASE64URL.test(cursor)) return key.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    // Whatever is wrong with it, it is not one of ours.
  }
  throw notACursor();
}

/** A page from one item more than it may have, if there is one. */
export function pageOf<Item>(
  found: readonly Item[],
  limit: number,
  keyOf: (item: Item) => string | number,
): Page<Item> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return found.length > limit && last !== undefined ? { items, nextCursor: cursorAfter(keyOf(last)) } : { items };
}
