import rateLimit, { normalizeIP } from '@fastify/rate-limit';
import { isPublic } from './access.js';
import { type HttpRequest, settingsOf } from '../http/http.js';
import { RequestProblem } from '../http/problem.js';

interface Limited extends HttpRequest {
  /** Absent if the connection is gone. */
  readonly ip?: string;
}

type Counted =
  | { readonly isAllowed: true }
  | { readonly isAllowed: false; readonly isExceeded: boolean; readonly ttlInSeconds: number };

/** What of a Fastify instance takes the limit. */
export interface RateHost {
  register(plugin: typeof rateLimit, options: object): PromiseLike<unknown>;
  createRateLimit(): (request: HttpRequest) => Promise<Counted>;
}

/** Counts a request; rejects with a RequestProblem if it is one too many. */
export type RateLimit = (request: HttpRequest) => Promise<void>;

/** Actors, and addresses of nobody known, that are counted at a time. */
const CACHE = 10_000;

/**
 * Counts what one actor asks in a minute, or one address if it is not known who asks; public operations are not counted. Addresses of
 * IPv6 that have the first 64 bits in common are one: a host has them all.
 */
export async function limitRate(host: RateHost, max: number): Promise<RateLimit> {
  await host.register(rateLimit, {
    global: false,
    max,
    timeWindow: 60_000,
    cache: CACHE,
    keyGenerator: ({ principal, ip = '' }: Limited) =>
      principal ? `actor ${principal.actor}` : `address ${normalizeIP(ip)}`,
    allowList: (request: HttpRequest) => isPublic(settingsOf(request).operation ?? ''),
  });
  const count = host.createRateLimit();
  return async (request) => {
    const counted = await count(request);
    if (counted.isAllowed || !counted.isExceeded) return;
    const headers = { 'retry-after': String(counted.ttlInSeconds) };
    throw new RequestProblem('too_many_requests', `more than ${max} requests in a minute`, {}, headers);
  };
}
