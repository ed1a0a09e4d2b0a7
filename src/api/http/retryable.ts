import { type AnswerDraft, type HttpAnswer, type RequestKey, filledBody } from '../../infra/journal/answer-store.js';

/** The least status that leaves the key free: it may go through another time. */
export const NOT_KEPT_FROM = 500;

/** A request under an Idempotency-Key, while it is answered for the first time. */
export interface Retryable {
  readonly request: RequestKey;
  /** The status of success. */
  readonly status: number;
  /** Set once what was asked for is durable, and its answer with it; the position is that of the record, if there is one. */
  recorded?: { readonly answer: HttpAnswer; readonly position?: number };
}

/** The answer that is to be kept with a record; undefined if it is not of those that are kept. */
export const keepable = (answer: AnswerDraft): AnswerDraft | undefined =>
  answer.status < NOT_KEPT_FROM ? answer : undefined;

/** An answer whose record has got its position. */
export const located = ({ status, headers, ...content }: AnswerDraft, position: number): HttpAnswer => ({
  status,
  headers,
  body: filledBody(content, position),
});
