import { type ExecutionContext, createParamDecorator } from '@nestjs/common';

/** What the API looks at in a request. */
export interface HttpRequest {
  /** The client's X-Request-Id, or one that the service made. */
  readonly id: string;
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What the API sets in a response. */
export interface HttpReply {
  code(status: number): HttpReply;
  header(name: string, value: string): HttpReply;
  send(body?: unknown): HttpReply;
  /** The response that it is written to. */
  readonly raw: { destroy(): unknown; once(event: 'close', listener: () => void): unknown };
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

/** The path that a request names, without its query. */
export const pathOf = ({ url }: HttpRequest): string => url.split('?', 1)[0] ?? url;
