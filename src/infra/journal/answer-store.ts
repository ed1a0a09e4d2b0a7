/** Milliseconds for which an answer is kept, from the time of its record on: a day. */
export const KEPT_FOR = 24 * 60 * 60 * 1000;

/** Whose request it was, as the client named it, and SHA-256 of what the client asked. */
export interface RequestKey {
  readonly actor: string;
  readonly key: string;
  readonly fingerprint: Uint8Array;
}

/** An answer as it goes out. */
export interface HttpAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** An answer that tells of a record which has no position yet. */
export interface AnswerDraft extends HttpAnswer {
  readonly request: RequestKey;
  /** The position goes behind so many bytes of the body; nowhere if absent. */
  readonly hole?: number;
}

/** An answer that is kept. */
export interface KeptAnswer extends HttpAnswer {
  readonly request: RequestKey;
  /** Of the record that it came with; absent if it came with none. */
  readonly position?: number;
  /** The position of the record that erased it: its bytes are gone, and whoever asks again cannot have them. */
  readonly erasure?: number;
}

/** An answer that is to be kept, and from when on (milliseconds since 1970). */
export interface Keep {
  readonly answer: KeptAnswer;
  readonly now: number;
}

/** In buffers of its own, since a thread is sent the whole buffer that a view is of. */
export const unshared = <Kind extends HttpAnswer & { readonly request: RequestKey }>(answer: Kind): Kind => ({
  ...answer,
  request: { ...answer.request, fingerprint: Uint8Array.from(answer.request.fingerprint) },
  body: Uint8Array.from(answer.body),
});

/**
 * Answers that are kept under a key of the client's, so that a retry gets what the first request would have got. An answer
 * that a draft brings along (`Draft.answer`) is kept in the transaction of its record, or not at all; so is one that comes along
 * with a change of a webhook. Every implementation passes the contract suite in test/infra/journal/answer-store.contract.ts.
 */
export interface AnswerStore {
  /** The answer that an actor's key stands for, unless it is older than `KEPT_FOR` at `now` (milliseconds since 1970). */
  find(actor: string, key: string, now: number): Promise<KeptAnswer | undefined>;

  /**
   * Keeps an answer without a record of its own at the time `now`, in the place of one that the key already stands for.
   *
   * @throws JournalError
   */
  keep(answer: KeptAnswer, now: number): Promise<void>;

  /**
   * Lets go of what is older than `KEPT_FOR` at `now`.
   *
   * @throws JournalError
   */
  prune(now: number): Promise<void>;
}

/** What stays of an answer whose bytes an erasure took. */
export const withoutBytes = ({ request, position }: KeptAnswer, erasure: number): KeptAnswer => ({
  request,
  status: 410,
  headers: {},
  body: new Uint8Array(),
  ...(position !== undefined && { position }),
  erasure,
});

/** The body of an answer whose record got a position. */
export function filledBody({ body, hole }: Pick<AnswerDraft, 'body' | 'hole'>, position: number): Uint8Array {
  if (hole === undefined) return body;
  return Buffer.concat([body.subarray(0, hole), Buffer.from(String(position)), body.subarray(hole)]);
}
