import type { Principal } from '../../infra/access/principal.js';
import type { TokenKind } from '../../infra/access/token-kind.js';
import { RequestProblem } from '../http/problem.js';

/** That it is not known who asks; tells how to say it (RFC 6750, 3). */
function unauthenticated(detail: string, error?: 'invalid_token'): RequestProblem {
  const challenge = `Bearer realm="vmledger"${error === undefined ? '' : `, error="${error}"`}`;
  return new RequestProblem('unauthenticated', detail, {}, { 'www-authenticate': challenge });
}

const BEARER = /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i;

/**
 * Finds out who asks, by the Authorization header (RFC 6750, 2.1). Whatever is wrong with a token, the answer is the same.
 *
 * @throws RequestProblem; KeysUnavailable
 */
export async function authenticate(kinds: readonly TokenKind[], authorization: string | undefined): Promise<Principal> {
  if (authorization === undefined) throw unauthenticated('a bearer token is required');
  const token = BEARER.exec(authorization)?.[1];
  if (token === undefined) throw unauthenticated('the Authorization header must be "Bearer", then a token');
  const principal = await kinds.find((kind) => kind.takes(token))?.principal(token);
  if (principal === undefined) throw unauthenticated('the token is not good', 'invalid_token');
  return principal;
}
