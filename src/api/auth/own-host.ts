import { isIP } from 'node:net';
import { type HttpRequest, headerOf, settingsOf } from '../http/http.js';
import { RequestProblem } from '../http/problem.js';
import { isPublic } from './access.js';

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

/** Where requests come from that a browser is told to make by the person who uses it, or by a page of this service (Fetch Metadata). */
const OWN_SITES: ReadonlySet<string> = new Set(['same-origin', 'none']);

/**
 * While nobody has to say who they are, a page in a browser on this machine must not be able to ask either: one whose name was
 * made to lead to 127.0.0.1 (DNS rebinding) gives itself away by the Host header, one of another origin by Origin or, where a
 * browser sends none, as with an image or a link, by Sec-Fetch-Site. A link may lead to what is public: it changes nothing.
 *
 * @throws RequestProblem
 */
export function assertAtHome(request: HttpRequest): void {
  const header = headerOf(request, 'host') ?? '';
  const host = hostOf(header);
  if (isForeign(host)) throw forbidden(`nothing is served under the name ${host}`);
  const origin = headerOf(request, 'origin');
  const isOwn = origin === undefined || (URL.canParse(origin) && new URL(origin).host === header.toLowerCase());
  const site = headerOf(request, 'sec-fetch-site');
  const isAsked = site === undefined || OWN_SITES.has(site) || isPublic(settingsOf(request).operation ?? '');
  if (!isOwn || !isAsked) throw forbidden('pages of another origin are not served');
}
