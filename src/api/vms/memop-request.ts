import { type MemOpRequest, memOpRequest } from '../../domain/shapes/s390x-access.js';
import { words } from '../../domain/shapes/words.js';
import { fieldErrors } from '../http/field-errors.js';
import { malformedRequest } from '../http/problem.js';
import type { MemOpQuery } from '../shapes/access.js';

const NUMBER = /^(?:0[xX])?[0-9a-fA-F]+$/;

/** Flags as the shape takes them: one number, or a list of names and numbers. */
function flagsOf(flags: string | readonly string[]): unknown {
  const items = [flags].flat().flatMap((text) => text.split(',').map((item) => item.trim()));
  return items.length === 1 && NUMBER.test(items[0] ?? '') ? items[0] : items;
}

const isEmpty = (query: MemOpQuery): boolean => Object.values(query).every((value) => value === undefined);

/**
 * A memory operation: a JSON body, or the parameters of the query and an octet stream as the data.
 *
 * @param body undefined if there is none, as with a read
 * @throws RequestProblem
 */
export function memOpRequestOf(body: MemOpRequest | Uint8Array | undefined, query: MemOpQuery): MemOpRequest {
  if (body !== undefined && !(body instanceof Uint8Array)) {
    if (isEmpty(query)) return body;
    throw malformedRequest([
      { field: Object.keys(query)[0] ?? 'query', message: 'cannot be given beside a JSON body' },
    ]);
  }
  const data = body === undefined || body.length === 0 ? {} : { data: body, size: body.length };
  const flags = query.flags === undefined ? {} : { flags: flagsOf(query.flags) };
  const { success, data: request, error } = memOpRequest.safeParse({ ...data, ...query, ...flags }, { error: words });
  if (!success) throw malformedRequest(fieldErrors(error, 'query'));
  return request;
}
