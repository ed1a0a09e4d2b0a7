import type { AnswerDraft, HttpAnswer, RequestKey } from '../../infra/journal/answer-store.js';
import type { Outcome } from '../../infra/machines/submission.js';
import { JSON_TYPE } from '../http/accept.js';
import { outcomeHeaders } from './answers.js';
import { type Presentation, isJson } from './presentation.js';
import { PROBLEM_JSON, type Problem } from '../http/problem.js';

/** Headers that belong to an answer and are kept with it; the others belong to the exchange. */
export const KEPT_HEADERS = [
  'content-type',
  'etag',
  'kvm-errno',
  'kvm-exception',
  'kvm-ret',
  'location',
  'retry-after',
] as const;

/** As Fastify has it. */
const JSON_UTF8 = `${JSON_TYPE}; charset=utf-8`;

/** JSON that ends with a position which is not known yet: behind `hole` bytes. */
function openEnded(fields: object): { readonly body: Buffer; readonly hole: number } {
  const before = Buffer.from(`${JSON.stringify(fields).slice(0, -1)},"position":`);
  return { body: Buffer.concat([before, Buffer.from('}')]), hole: before.length };
}

/** An answer as it will be sent, to be kept with the record that it tells of. */
export function keptPresentation(
  request: RequestKey,
  status: number,
  outcome: Outcome,
  { body, headers }: Presentation,
): AnswerDraft {
  const content = isJson(body) ? openEnded({ ...body, version: outcome.version }) : { body: Buffer.from(body) };
  const type = isJson(body) ? { 'content-type': JSON_UTF8 } : {};
  return { request, status, headers: { ...outcomeHeaders(outcome), ...type, ...headers }, ...content };
}

/** How a change that makes no record is answered: in JSON. */
export interface Presented {
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** As `keptPresentation`, of a change that makes no record. */
export const keptChange = (status: number, { body, headers }: Presented): HttpAnswer => ({
  status,
  headers: { 'content-type': JSON_UTF8, ...headers },
  body: Buffer.from(JSON.stringify(body)),
});

/** As `keptPresentation`, of a refusal's problem. */
export function keptProblem(request: RequestKey, outcome: Outcome, { position: _, ...problem }: Problem): AnswerDraft {
  const headers = { ...outcomeHeaders(outcome), 'content-type': PROBLEM_JSON };
  return { request, status: problem.status, headers, ...openEnded(problem) };
}

/** Whether two answers are the same, byte for byte. */
export function isSameAnswer(a: HttpAnswer, b: HttpAnswer): boolean {
  const sameHeaders = KEPT_HEADERS.every((name) => a.headers[name] === b.headers[name]);
  return a.status === b.status && sameHeaders && Buffer.compare(a.body, b.body) === 0;
}
