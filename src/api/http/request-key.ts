import { hash } from 'node:crypto';
import type { RequestKey } from '../../infra/journal/answer-store.js';
import { rawBodyOf } from './body-parsers.js';
import { type HttpRequest, headerOf, principalOf } from './http.js';
import { RequestProblem, malformedRequest } from './problem.js';

/** Methods that change something. */
const CHANGES: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** Whether requests by a method can have a key. */
export const isChange = (method: string): boolean => CHANGES.has(method);

/** A key: 1 to 255 visible characters of ASCII. */
const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * The key of a request, with what is asked under it.
 *
 * @throws RequestProblem
 */
export function keyOf(request: HttpRequest): RequestKey {
  const key = headerOf(request, 'idempotency-key') ?? '';
  if (!KEY.test(key))
    throw malformedRequest([{ field: 'Idempotency-Key', message: 'must be 1 to 255 visible ASCII characters' }]);
  const { method, url } = request;
  const { actor, labels } = principalOf(request);
  // What one token is told is no answer to another that sees less.
  const what = JSON.stringify([method, url, headerOf(request, 'content-type') ?? '', ...[...labels].sort()]);
  const fingerprint = hash('sha256', Buffer.concat([Buffer.from(`${what}\n`), rawBodyOf(request)]), 'buffer');
  return { actor, key, fingerprint };
}

/** @throws RequestProblem if a request is another one than that of this fingerprint */
export function assertSame(asked: RequestKey, fingerprint: Uint8Array): void {
  if (Buffer.compare(asked.fingerprint, fingerprint) === 0) return;
  throw new RequestProblem('idempotency_key_reused', `the key ${asked.key} stands for another request`);
}

/** A text that is the same for the same actor and key. */
export const nameOf = ({ actor, key }: RequestKey): string => JSON.stringify([actor, key]);
