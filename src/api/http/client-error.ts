import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { PROBLEM_JSON, type ProblemKind, RequestProblem, malformedRequest } from './problem.js';

/** What a connection's bytes can have wrong before they are a request, by Node's error code; else they are malformed. */
const KINDS: Readonly<Record<string, ProblemKind>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'payload_too_large',
};

/** Which path was meant is not known: a reference to the request itself (RFC 3986, 4.4). */
const INSTANCE = '';

function problemOf({ code = '', message }: NodeJS.ErrnoException): RequestProblem {
  const kind = KINDS[code];
  return kind ? new RequestProblem(kind, message) : malformedRequest([{ field: 'request', message }]);
}

/** Answers bytes that are no HTTP request with a problem, and closes the connection. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = problemOf(error).toProblem(INSTANCE);
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    `Date: ${new Date().toUTCString()}`,
    `Content-Type: ${PROBLEM_JSON}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
}
