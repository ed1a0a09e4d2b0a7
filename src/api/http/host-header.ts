import { type HttpRequest, headerOf } from './http.js';
import { malformedRequest } from './problem.js';

/** A request of which the protocol's version is known. */
export interface VersionedRequest extends HttpRequest {
  readonly raw: NonNullable<HttpRequest['raw']> & { readonly httpVersion: string };
}

/**
 * HTTP/1.1 asks for a Host header (RFC 9112, 3.2). Node's own refusal of a request without one has no body.
 *
 * @throws RequestProblem
 */
export function assertHost(request: VersionedRequest): void {
  if (request.raw.httpVersion === '1.1' && headerOf(request, 'host') === undefined)
    throw malformedRequest([{ field: 'Host', message: 'is required' }]);
}
