import { z } from 'zod';
import { cursorOf, pageOf } from '../../../src/api/http/cursor.js';

const key = z.int();

describe('paging', () => {
  it('ends a page with a cursor from which the next one goes on', () => {
    const { items, nextCursor } = pageOf([3, 4, 5], 2, (item) => item);
    expect(items).toEqual([3, 4]);
    expect(cursorOf(nextCursor, key, 0)).toBe(4);
  });

  it.each([[[]], [[1]], [[1, 2]]])('has no cursor at the end: %j', (found) => {
    expect(pageOf(found, 2, (item) => item)).toEqual({ items: found });
  });

  it('starts where the collection says', () => expect(cursorOf(undefined, key, 7)).toBe(7));

  it.each(['', '!', 'e30', Buffer.from('"a"').toString('base64url'), 'MQ=='])('refuses %j', (cursor) => {
    expect(() => cursorOf(cursor, key, 0)).toThrow('cursor');
  });
});
