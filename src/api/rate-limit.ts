import rateLimit from '@fastify/rate-limit';
import { isPublic } from './auth/access.js';
import { type HttpRequest, settingsOf } from './http.js';
import { RequestProblem } from './problem.js';

interface Limited extends HttpRequest {
  readonly ip: string;
}

/** What of a Fastify instance takes the limit. */
export interface RateHost {
  register(plugin: typeof rateLimit, options: object): PromiseLike<unknown>;
}

/** Actors, and addresses of nobody known, that are counted at a time. */
const CACHE = 10_000;

/** Limits what one actor asks in a minute; public operations are not counted. Routes that were added before are not limited. */
export async function limitRate(host: RateHost, max: number): Promise<void> {
  await host.register(rateLimit, {
    max,
    timeWindow: 60_000,
    cache: CACHE,
    keyGenerator: ({ principal, ip }: Limited) => (principal ? `actor ${principal.actor}` : `address ${ip}`),
    allowList: (request: HttpRequest) => isPublic(settingsOf(request).operation ?? ''),
    errorResponseBuilder: (_request: unknown, { max: most }: { readonly max: number }) =>
      new RequestProblem('too_many_requests', `more than ${most} requests in a minute`),
    addHeadersOnExceeding: {},
    addHeaders: { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false },
  });
}
