import { type HttpRequest, pathOf, settingsOf } from './http.js';
import { type Log, withoutTokens } from './log.js';
import { traceIdOf } from './trace-context.js';

/** A response of which the log tells. */
export interface LoggedReply {
  readonly statusCode: number;
  /** Milliseconds since the request came. */
  readonly elapsedTime: number;
}

/** Logs a request that was answered; the query can hold guest memory, and stays out, and so does a token in the path. */
export function logAnswered(log: Log, request: HttpRequest, { statusCode: status, elapsedTime }: LoggedReply): void {
  if (!log.isLevelEnabled('info')) return;
  const { id: requestId, method, principal } = request;
  const { operation } = settingsOf(request);
  const ms = Math.round(elapsedTime * 1000) / 1000;
  const path = withoutTokens(pathOf(request));
  const about = { requestId, traceId: traceIdOf(request), method, path, operation };
  log.info({ ...about, actor: principal?.actor, status, ms }, 'answered');
}
