import { isIP } from 'node:net';
import { type HttpRequest, headerOf } from '../http.js';
import { RequestProblem } from '../problem.js';

/** The host of a Host header, without its port and the brackets of IPv6. */
const hostOf = (header: string): string =>
  header
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();

/** Whether a name can be one that a stranger made lead to this machine: one with a dot, which no address and not localhost is. */
const isForeign = (host: string): boolean =>
  host.includes('.') && isIP(host) === 0 && !host.endsWith('.localhost') && !host.endsWith('.localhost.');

const forbidden = (detail: string): RequestProblem =>
  new RequestProblem('forbidden', `without authentication ${detail}`);

/**
 * While nobody has to say who they are, a page in a browser on this machine must not be able to ask either: one whose name was
 * made to lead to 127.0.0.1 (DNS rebinding) gives itself away by the Host header, one of another origin by Origin.
 *
 * @throws RequestProblem
 */
export function assertAtHome(request: HttpRequest): void {
  const header = headerOf(request, 'host') ?? '';
  const host = hostOf(header);
  if (isForeign(host)) throw forbidden(`nothing is served under the name ${host}`);
  const origin = headerOf(request, 'origin');
  const isOwn = origin === undefined || (URL.canParse(origin) && new URL(origin).host === header.toLowerCase());
  if (!isOwn) throw forbidden('pages of another origin are not served');
}
