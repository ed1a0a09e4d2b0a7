import { Agent as HttpAgent, type ClientRequest, type IncomingMessage, request as http } from 'node:http';
import { Agent as HttpsAgent, request as https } from 'node:https';

/** What is posted, and where to. */
export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Milliseconds in which it has to be answered. */
  readonly timeout: number;
}

/** Why a post was not taken. */
export interface PostFailure {
  readonly reason: string;
  readonly status?: number;
  /** Milliseconds after which the receiver wants to be asked again. */
  readonly retryAfter?: number;
}

/** Most bytes of an answer's body that are waited for; nobody reads them. */
const MOST_ANSWER = 64 * 1024;

const SCHEMES = {
  'http:': { request: http, agent: new HttpAgent({ keepAlive: true }) },
  'https:': { request: https, agent: new HttpsAgent({ keepAlive: true }) },
} as const;

/** A Retry-After header in milliseconds: seconds, or a date (RFC 9110, 10.2.3). */
function retryAfterOf({ headers }: IncomingMessage): number | undefined {
  const text = headers['retry-after'] ?? '';
  const delay = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return delay > 0 ? delay : undefined;
}

/** A status other than 2xx is a failure; redirects are not followed. */
function failureOf(response: IncomingMessage): PostFailure | undefined {
  const { statusCode: status = 0 } = response;
  if (status >= 200 && status < 300) return undefined;
  const retryAfter = retryAfterOf(response);
  return { reason: `it was answered ${status}`, status, ...(retryAfter !== undefined && { retryAfter }) };
}

/** Whether a connection that was kept open was closed by the other side before it took the request. */
const wasStale = (request: ClientRequest, error: NodeJS.ErrnoException): boolean =>
  request.reusedSocket && error.code === 'ECONNRESET';

/**
 * Posts once. Whatever goes wrong is an answer, and so is the signal's abort; a body of the answer that does not end in time
 * changes nothing of its status.
 *
 * @returns undefined if it was taken (any 2xx)
 */
export function post(what: Post, signal: AbortSignal): Promise<PostFailure | undefined> {
  const url = new URL(what.url);
  const { request: open, agent } = SCHEMES[url.protocol as keyof typeof SCHEMES];
  return new Promise((resolve) => {
    const headers = { ...what.headers, 'content-length': String(Buffer.byteLength(what.body)) };
    const request = open(url, { method: 'POST', headers, agent, signal });
    const late = new Error(`no answer within ${what.timeout / 1000} seconds`);
    const timer = setTimeout(() => request.destroy(late), what.timeout);
    let answered = false;
    const settle = (failure: PostFailure | undefined | Promise<PostFailure | undefined>): void => {
      clearTimeout(timer);
      resolve(failure);
    };
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (answered) return;
      if (!wasStale(request, error) || signal.aborted) settle({ reason: error.message || String(error.code) });
      else settle(post(what, signal));
    });
    request.on('response', (response) => {
      answered = true;
      let size = 0;
      response.on('data', (chunk: Uint8Array) => {
        size += chunk.length;
        if (size > MOST_ANSWER) request.destroy();
      });
      response.on('error', () => undefined);
      response.on('close', () => settle(failureOf(response)));
    });
    // Nobody asked for another protocol. Without this Node would cut the connection, and neither answer nor fail.
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      settle(failureOf(response));
    });
    request.end(what.body);
  });
}
