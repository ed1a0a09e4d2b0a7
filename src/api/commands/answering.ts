import type { AnswerDraft } from '../../infra/journal/answer-store.js';
import type { Answer, Outcome } from '../../infra/machines/submission.js';
import { type HttpRequest, pathOf } from '../http/http.js';
import { keptPresentation, keptProblem } from './kept-answer.js';
import type { Present } from './presentation.js';
import { Refusal } from '../http/problem.js';
import { keepable, located } from '../http/retryable.js';

/** One command on its way to its answer: has that presented, and kept if the client may ask again. */
export class Answering {
  private draft: AnswerDraft | undefined;

  constructor(
    private readonly request: HttpRequest,
    private readonly type: string,
    private readonly present: Present | undefined,
  ) {}

  /** What is to be kept with the record of the command; called in the moment of the decision. */
  decided(vm: string, outcome: Outcome): AnswerDraft | undefined {
    const { retryable } = this.request;
    const { errno } = outcome.decision;
    if (errno !== undefined) {
      if (retryable === undefined) return undefined;
      const refusal = new Refusal({ ...outcome, vm, position: 0 }, errno, this.type);
      this.draft = keptProblem(retryable.request, outcome, refusal.toProblem(pathOf(this.request)));
    } else {
      const presentation = this.present?.(outcome);
      if (retryable === undefined || presentation === undefined) return undefined;
      this.draft = keptPresentation(retryable.request, retryable.status, outcome, presentation);
    }
    return keepable(this.draft);
  }

  /** Takes notice that the command is recorded. */
  isDurable({ position }: Answer): void {
    const { retryable } = this.request;
    if (retryable && this.draft) retryable.recorded = { answer: located(this.draft, position), position };
  }
}
