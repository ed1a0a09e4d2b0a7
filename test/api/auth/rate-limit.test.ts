import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type RateHost, type RateLimit, limitRate } from '../../../src/api/auth/rate-limit.js';
import type { HttpRequest } from '../../../src/api/http/http.js';
import { RequestProblem } from '../../../src/api/http/problem.js';

describe('the rate limit of those of whom nobody knows who they are', () => {
  let limit: RateLimit;
  beforeEach(async () => {
    limit = await limitRate(new FastifyAdapter().getInstance<RateHost>(), 1);
  });

  /** Whether a request from there is let pass. */
  const passes = (ip?: string): Promise<boolean> =>
    limit({ ip, routeOptions: {} } as unknown as HttpRequest).then(
      () => true,
      (error: unknown) => {
        expect(error).toBeInstanceOf(RequestProblem);
        return false;
      },
    );

  it.each([
    ['addresses of IPv6 that one host may have', '2001:db8::1', '2001:db8::2:0:0:1', '2001:db8:0:1::1'],
    ['an address of IPv4, also as one of IPv6', '192.0.2.1', '::ffff:192.0.2.1', '::ffff:192.0.2.2'],
  ])('is one for %s', async (_, one, same, other) => {
    expect([await passes(one), await passes(same), await passes(other)]).toEqual([true, false, true]);
  });

  it('is one for those who are gone already', async () => {
    expect([await passes(), await passes()]).toEqual([true, false]);
  });
});
