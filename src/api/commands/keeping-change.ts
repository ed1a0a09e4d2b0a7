import type { Keep } from '../../infra/journal/answer-store.js';
import { type Exchange, setHeaders } from '../http/http.js';
import { type Presented, keptChange } from './kept-answer.js';

/** How a change that makes no record is answered. */
export interface Change<Subject> {
  /** Makes it, and has what `keep` answers, for what will have come of it, kept in the same transaction. */
  readonly make: (keep: (subject: Subject) => Keep | undefined) => Promise<Subject>;
  readonly present: (subject: Subject) => Presented;
  readonly now: () => Date;
}

/** Makes a change that makes no record, and answers it; its answer is kept with it if the client may ask again. */
export async function keepingChange<Subject>(
  { request: { retryable }, reply }: Exchange,
  { make, present, now }: Change<Subject>,
): Promise<object> {
  let kept: Keep | undefined;
  const subject = await make((changed) => {
    if (retryable === undefined) return undefined;
    const answer = { request: retryable.request, ...keptChange(retryable.status, present(changed)) };
    return (kept = { answer, now: now().getTime() });
  });
  if (retryable && kept) retryable.recorded = { answer: kept.answer };
  const { body, headers = {} } = present(subject);
  setHeaders(reply, headers);
  return body;
}
