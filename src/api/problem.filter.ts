import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { BODY_MAX, BULK_MAX } from './http/body-parsers.js';
import { type HttpReply, type HttpRequest, pathOf, settingsOf } from './http/http.js';
import { type Log, withoutTokens } from './http/log.js';
import { type Problem, PROBLEM_JSON, type ProblemKind, Refusal, RequestProblem } from './http/problem.js';
import { problemOf } from './http/problem-of.js';
import { setOutcome } from './commands/answers.js';
import type { RouteTable } from './http/route-table.js';
import { traceIdOf } from './http/trace-context.js';

/** Most characters of a part of the path that stands for something: Fastify's own limit. */
const PART_MAX = 100;

/** How much would have been taken, where the framework says no more than that it was too much. */
const LIMITS: { readonly [Kind in ProblemKind]?: (request: HttpRequest) => string } = {
  payload_too_large: (request) => `the body may have at most ${settingsOf(request).bulk ? BULK_MAX : BODY_MAX} bytes`,
  uri_too_long: () => `each part of the path may have at most ${PART_MAX} characters`,
};

function withLimit(known: RequestProblem | undefined, request: HttpRequest): RequestProblem | undefined {
  const limitOf = known && LIMITS[known.kind];
  return limitOf ? new RequestProblem(known.kind, limitOf(request)) : known;
}

/** Answers whatever is thrown as a problem; what nobody expected is told to `log`, not to the client. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly routes: RouteTable,
    private readonly log: Log,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<HttpRequest>(), http.getResponse<HttpReply>());
  }

  /** Answers one request with the problem that an error stands for. */
  answer(error: unknown, request: HttpRequest, reply: HttpReply): void {
    const problem =
      error instanceof Refusal ? this.refusal(error, request, reply) : this.problem(error, request, reply);
    reply
      .header('content-type', PROBLEM_JSON)
      .code(problem.status)
      .send(Buffer.from(JSON.stringify(problem)));
  }

  private refusal(error: Refusal, request: HttpRequest, reply: HttpReply): Problem {
    setOutcome(reply, error.answer);
    const problem = error.toProblem(pathOf(request));
    if (problem.status === 503) reply.header('retry-after', '1');
    return problem;
  }

  private problem(error: unknown, request: HttpRequest, reply: HttpReply): Problem {
    const known = this.wrongMethod(withLimit(problemOf(error), request), request) ?? this.unexpected(error, request);
    for (const [name, value] of Object.entries(known.headers)) reply.header(name, value);
    return known.toProblem(pathOf(request));
  }

  private wrongMethod(known: RequestProblem | undefined, request: HttpRequest): RequestProblem | undefined {
    if (known?.kind !== 'not_found') return known;
    const path = pathOf(request);
    const allow = this.routes.methodsAt(path).join(', ');
    if (allow === '') return new RequestProblem('not_found', `nothing is served at ${path}`);
    return new RequestProblem('method_not_allowed', `${path} takes ${allow}`, {}, { allow });
  }

  private unexpected(error: unknown, request: HttpRequest): RequestProblem {
    const { id, method } = request;
    const path = withoutTokens(pathOf(request));
    this.log.error({ requestId: id, traceId: traceIdOf(request), method, path, err: error }, 'a request failed');
    return new RequestProblem('internal_error', `the service failed; its log has more about request ${id}`);
  }
}
