import { ErasedMemory } from '../../domain/memory/erased.js';
import type { AnswerStore, HttpAnswer, RequestKey } from '../../infra/journal/answer-store.js';
import { type HttpReply, type HttpRequest, type SentReply, setHeaders, settingsOf } from '../http/http.js';
import { KEPT_HEADERS, isSameAnswer } from './kept-answer.js';
import { assertSame, isChange, keyOf, nameOf } from '../http/request-key.js';
import { NOT_KEPT_FROM, type Retryable } from '../http/retryable.js';

/** A first request on its way, and what its duplicates wait for. */
interface Running {
  readonly fingerprint: Uint8Array;
  /** The answer that duplicates get too; undefined if one of them has to try for itself. */
  readonly answered: Promise<HttpAnswer | undefined>;
  readonly settle: (answer: HttpAnswer | undefined) => void;
}

const bytesOf = (payload: unknown): Buffer | undefined => {
  if (typeof payload === 'string') return Buffer.from(payload);
  return payload instanceof Uint8Array ? Buffer.from(payload) : undefined;
};

/** The answer that is about to be sent; undefined if it is a stream. */
function sentAnswer(reply: SentReply, payload: unknown): HttpAnswer | undefined {
  const body = bytesOf(payload ?? '');
  const set = KEPT_HEADERS.flatMap((name) => {
    const value = reply.getHeader(name);
    return value === undefined ? [] : [[name, String(value)]];
  });
  return body && { status: reply.statusCode, headers: Object.fromEntries(set) as Record<string, string>, body };
}

/**
 * Answers a request under an Idempotency-Key once, and its repetitions with the same bytes. The answer to a command is kept in
 * the transaction of the command's record (`Commands`), that of a change that makes none in the change's own (`keepingChange`); that of
 * any other success is kept before it is sent.
 */
export class Idempotency {
  private readonly running = new Map<string, Running>();

  constructor(
    private readonly answers: AnswerStore,
    private readonly now: () => Date,
    private readonly warn: (error: unknown) => void,
  ) {}

  /**
   * Lets a first request pass, marked as retryable; answers any other. Where nothing is served in spite of its route, a request comes by
   * twice.
   *
   * @returns whether the request was answered; undefined if it has no key, or has passed
   * @throws RequestProblem
   */
  begin(request: HttpRequest, reply: HttpReply): Promise<boolean> | undefined {
    const { method, headers, principal, retryable } = request;
    const isKeyed =
      retryable === undefined && principal && isChange(method) && headers['idempotency-key'] !== undefined;
    return isKeyed ? this.beginKeyed(request, reply) : undefined;
  }

  private async beginKeyed(request: HttpRequest, reply: HttpReply): Promise<boolean> {
    const asked = keyOf(request);
    const name = nameOf(asked);
    for (let running = this.running.get(name); running; running = this.running.get(name)) {
      assertSame(asked, running.fingerprint);
      const answer = await running.answered;
      if (answer) return this.replay(reply, answer);
    }
    const { settle } = this.claim(name, asked);
    try {
      const kept = await this.answers.find(asked.actor, asked.key, this.now().getTime());
      if (kept === undefined) {
        request.retryable = { request: asked, status: settingsOf(request).status ?? 200 };
        return false;
      }
      assertSame(asked, kept.request.fingerprint);
      if (kept.erasure !== undefined) throw new ErasedMemory(kept.erasure);
      settle(kept);
      return this.replay(reply, kept);
    } catch (error) {
      settle(undefined);
      throw error;
    }
  }

  /** Sees to it that what is about to be sent is what is kept. */
  finish({ retryable }: HttpRequest, reply: SentReply, payload: unknown): Promise<void> | undefined {
    return retryable && this.finishKeyed(retryable, reply, payload);
  }

  private async finishKeyed(retryable: Retryable, reply: SentReply, payload: unknown): Promise<void> {
    const sent = sentAnswer(reply, payload);
    const { recorded } = retryable;
    const isFinal = recorded ? reply.statusCode < NOT_KEPT_FROM : reply.statusCode < 300;
    if (sent && isFinal && !(recorded && isSameAnswer(recorded.answer, sent))) await this.keep(retryable, sent);
    this.settle(retryable, recorded || isFinal ? sent : undefined);
  }

  /** Lets duplicates try for themselves, if nothing was answered. */
  end({ retryable }: HttpRequest): void {
    if (retryable) this.settle(retryable, undefined);
  }

  private claim(name: string, { fingerprint }: RequestKey): Running {
    let settle: Running['settle'] = () => undefined;
    const answered = new Promise<HttpAnswer | undefined>((resolve) => (settle = resolve));
    const running: Running = {
      fingerprint,
      answered,
      settle: (answer) => {
        if (this.running.get(name) === running) this.running.delete(name);
        settle(answer);
      },
    };
    this.running.set(name, running);
    return running;
  }

  private settle({ request }: Retryable, answer: HttpAnswer | undefined): void {
    const running = this.running.get(nameOf(request));
    if (running?.fingerprint === request.fingerprint) running.settle(answer);
  }

  /** Keeps an answer. What was done is done: if it cannot be kept, it is sent all the same. */
  private async keep({ request, recorded }: Retryable, answer: HttpAnswer): Promise<void> {
    const position = recorded?.position === undefined ? {} : { position: recorded.position };
    await this.answers.keep({ request, ...answer, ...position }, this.now().getTime()).catch(this.warn);
  }

  private replay(reply: HttpReply, { status, headers, body }: HttpAnswer): boolean {
    setHeaders(reply, { ...headers, 'idempotency-replayed': 'true' });
    reply.code(status).send(Buffer.from(body));
    return true;
  }
}
