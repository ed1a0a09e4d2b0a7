import { malformedRequest } from './problem.js';

const ITEM = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;
const VERSION = /^"([1-9][0-9]{0,15})"$/;

/**
 * The versions that an If-Match header allows (RFC 9110, 13.1.1): undefined for any. Weak tags, and tags that this service
 * never gave, match nothing. `*` asks for a VM that exists: at its creation it matches nothing.
 */
export function ifMatchOf(header: string | undefined, creates = false): readonly number[] | undefined {
  if (header === undefined) return undefined;
  if (header.trim() === '*') return creates ? [] : undefined;
  const tags = header.split(',').map((tag) => tag.trim());
  if (!tags.every((tag) => ITEM.test(tag)))
    throw malformedRequest([{ field: 'If-Match', message: 'must be "*" or a list of entity tags, as in "7"' }]);
  return tags.flatMap((tag) => {
    const version = VERSION.exec(tag)?.[1];
    return version === undefined ? [] : [Number(version)];
  });
}
