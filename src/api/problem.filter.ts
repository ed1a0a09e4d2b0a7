import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { type HttpReply, type HttpRequest, pathOf } from './http.js';
import type { Log } from './log.js';
import { type Problem, PROBLEM_JSON, Refusal, RequestProblem } from './problem.js';
import { problemOf } from './problem-of.js';
import { setOutcome } from './answers.js';
import type { RouteTable } from './route-table.js';
import { traceIdOf } from './trace-context.js';

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
    const known = this.wrongMethod(problemOf(error), request) ?? this.unexpected(error, request);
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
    this.log.error(
      { requestId: id, traceId: traceIdOf(request), method, path: pathOf(request), err: error },
      'a request failed',
    );
    return new RequestProblem('internal_error', `the service failed; its log has more about request ${id}`);
  }
}
