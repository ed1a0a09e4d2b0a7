import { type ExecutionContext, createParamDecorator } from '@nestjs/common';
import type { Principal } from '../../infra/access/principal.js';
import type { Retryable } from './retryable.js';

/** What the API looks at in a request. */
export interface HttpRequest {
  /** The client's X-Request-Id, or one that the service made. */
  readonly id: string;
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Node's own request. */
  readonly raw?: { readonly headersDistinct: Readonly<Record<string, string[] | undefined>> };
  /** Who asks; set before a handler is called, but for one that is public. */
  principal?: Principal;
  /** Finds out anew who asks, for answers that go on and on; absent if nobody has to say. */
  renew?: () => Promise<Principal>;
  /** Set if the client may ask again and get the same answer. */
  retryable?: Retryable;
  /** What the route was made with; nothing in there where nothing is served. */
  readonly routeOptions?: { readonly url?: string | undefined; readonly config?: unknown };
  readonly params?: unknown;
}

/** What `operation` tells of a route. */
export interface RouteSettings {
  /** The operation's name, as in the OpenAPI document. */
  readonly operation?: string;
  /** The status of success. */
  readonly status?: number;
  readonly bulk?: boolean;
}

/** Node's own response. */
export interface RawReply {
  /** Bytes that wait to be sent. */
  readonly writableLength: number;
  /** The connection, as long as the response has it. */
  readonly socket: { setTimeout(milliseconds: number): unknown } | null;
  /** Calls back when nothing was sent or received for so many milliseconds. */
  setTimeout(milliseconds: number, silent: () => void): unknown;
  destroy(): unknown;
  once(event: 'close', listener: () => void): unknown;
  prependOnceListener(event: 'finish', listener: () => void): unknown;
}

/** What the API sets in a response. */
export interface HttpReply {
  code(status: number): HttpReply;
  header(name: string, value: string): HttpReply;
  send(body?: unknown): HttpReply;
  /** The response that it is written to. */
  readonly raw: RawReply;
}

/** A response of which everything can be looked at. */
export interface SentReply extends HttpReply {
  readonly statusCode: number;
  getHeader(name: string): string | number | string[] | undefined;
}

/** Sets headers of a response. */
export function setHeaders(reply: HttpReply, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) reply.header(name, value);
}

/** A request and its response. */
export interface Exchange {
  readonly request: HttpRequest;
  readonly reply: HttpReply;
}

/** The exchange that a handler serves; what the handler returns is the response's body. */
export const Http = createParamDecorator((_data: unknown, context: ExecutionContext): Exchange => {
  const http = context.switchToHttp();
  return { request: http.getRequest<HttpRequest>(), reply: http.getResponse<HttpReply>() };
});

/** A header's value; of one that came several times, the values in one list. */
export function headerOf({ headers }: HttpRequest, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** As `headerOf`, also of a header of which Node keeps the first alone. */
export const wholeHeaderOf = ({ raw }: HttpRequest, name: string): string | undefined =>
  raw?.headersDistinct[name]?.join(', ');

/** The path that a request names, without its query. */
export const pathOf = ({ url }: HttpRequest): string => url.split('?', 1)[0] ?? url;

/** Who asks. */
export function principalOf({ principal }: HttpRequest): Principal {
  if (principal === undefined) throw new Error('nobody was asked who it is');
  return principal;
}

/** What `operation` told of the route of a request. */
export const settingsOf = ({ routeOptions }: HttpRequest): RouteSettings => routeOptions?.config ?? {};

/**
 * Who asks, as far as that still holds.
 *
 * @throws RequestProblem if the token is no good any more
 */
export const currentPrincipalOf = async (request: HttpRequest): Promise<Principal> =>
  request.renew ? request.renew() : principalOf(request);
