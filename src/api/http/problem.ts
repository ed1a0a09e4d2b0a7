import type { Errno } from '../../domain/errno.js';
import type { Answer } from '../../infra/machines/submission.js';
import { answerJson } from './answer-json.js';
import { ERRNO_STATUS } from './errno-status.js';

/** Problems that are not a refusal of the machine's: nothing of them is recorded. */
export const PROBLEMS = {
  malformed_request: { status: 400, title: 'The request is malformed' },
  unknown_vm: { status: 404, title: 'There is no such VM' },
  unknown_vcpu: { status: 404, title: 'There is no such vCPU' },
  unknown_version: { status: 404, title: 'The VM has no such version' },
  unknown_position: { status: 404, title: 'The journal has no such record' },
  unknown_tile: { status: 404, title: 'The log has no such tile' },
  unknown_webhook: { status: 404, title: 'There is no such webhook' },
  unknown_replay: { status: 404, title: 'There is no such replay' },
  not_found: { status: 404, title: 'There is nothing at this path' },
  method_not_allowed: { status: 405, title: 'The path does not take this method' },
  not_acceptable: { status: 406, title: 'There is no such form of the answer' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  too_many_webhooks: { status: 409, title: 'There are too many webhooks' },
  would_take_from: { status: 409, title: 'Another VM would lose memory' },
  erased: { status: 410, title: 'What is asked for was erased' },
  version_mismatch: { status: 412, title: 'The VM has moved on' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  uri_too_long: { status: 414, title: 'The path is too long' },
  unauthenticated: { status: 401, title: 'It is not known who asks' },
  forbidden: { status: 403, title: 'Whoever asks may not do this' },
  idempotency_key_reused: { status: 422, title: 'The key stands for another request' },
  too_many_requests: { status: 429, title: 'Too many requests' },
  authentication_unavailable: { status: 503, title: 'It cannot be found out who asks' },
  unsupported_media_type: { status: 415, title: 'The body has another media type' },
  headers_too_large: { status: 431, title: 'The header fields are too large' },
  not_here: { status: 501, title: 'No such operation here' },
  internal_error: { status: 500, title: 'Something went wrong' },
  journal_unavailable: { status: 503, title: 'The journal cannot be used' },
  shutting_down: { status: 503, title: 'The service is about to end' },
  checkpoint_pending: { status: 503, title: 'The log has no such checkpoint yet' },
  journal_full: { status: 507, title: 'The journal is full' },
} as const;

export type ProblemKind = keyof typeof PROBLEMS;

/** A problem as RFC 9457 has it, with this service's extensions. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly [extension: string]: unknown;
}

/** The media type of a problem. */
export const PROBLEM_JSON = 'application/problem+json';

const typeOf = (kind: string): string => `urn:vmledger:problem:${kind.toLowerCase().replaceAll('_', '-')}`;

/** One thing that is wrong with a request: the field, with dots, and what is wrong with it. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** A request that the API itself cannot serve. */
export class RequestProblem extends Error {
  constructor(
    readonly kind: ProblemKind,
    detail: string,
    readonly extensions: Readonly<Record<string, unknown>> = {},
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
  }

  /** The problem for a request of `instance`, a path. */
  toProblem(instance: string): Problem {
    const { status, title } = PROBLEMS[this.kind];
    return { type: typeOf(this.kind), title, status, detail: this.message, instance, ...this.extensions };
  }
}

/** A request that is malformed in these fields; the first one is named in the detail. */
export function malformedRequest(errors: readonly FieldError[]): RequestProblem {
  const first = errors[0];
  const detail = first ? `${first.field}: ${first.message}` : PROBLEMS.malformed_request.title;
  return new RequestProblem('malformed_request', detail, { errors });
}

/** A command that the machine refused; the refusal is in the journal. */
export class Refusal extends Error {
  constructor(
    readonly answer: Answer,
    readonly errno: Errno,
    command: string,
  ) {
    super(`${command} was refused with ${errno}`);
  }

  /** The problem for a request of `instance`, a path; holds what the machine answered beside the errno. */
  toProblem(instance: string): Problem {
    const { vm, version, position, decision } = this.answer;
    const { status, title } = ERRNO_STATUS[this.errno];
    const about = { type: typeOf(this.errno), title, status, detail: this.message, instance };
    const reply = answerJson(decision.reply) as Record<string, unknown>;
    return { ...about, ...reply, ...about, errno: this.errno, ret: decision.ret, vm, version, position };
  }
}
