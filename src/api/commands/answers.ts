import type { Json } from '../../domain/digester.js';
import type { Answer } from '../../infra/machines/submission.js';
import { answerJson } from '../http/answer-json.js';
import { type HttpReply, setHeaders } from '../http/http.js';

/** The body of a done command: `ret`, what was answered beside it, and where it is recorded. */
export type Envelope = Readonly<Record<string, Json>>;

/** The entity tag of a version of a VM. */
export const etagOf = (version: number): string => `"${version}"`;

/** A command's result in headers: ETag, KVM-Ret and, for a refusal, KVM-Errno. */
export const outcomeHeaders = ({
  version,
  decision: { ret, errno },
}: Pick<Answer, 'version' | 'decision'>): Readonly<Record<string, string>> => ({
  etag: etagOf(version),
  'kvm-ret': String(ret),
  ...(errno !== undefined && { 'kvm-errno': errno }),
});

/** Tells a command's result in the response's headers. */
export function setOutcome(reply: HttpReply, answer: Answer): void {
  setHeaders(reply, outcomeHeaders(answer));
}

/** The fields of an answer but for where it is recorded; `more` stands in front of what was answered. */
export function fieldsOf({ decision }: Pick<Answer, 'decision'>, more: Envelope = {}): Envelope {
  return { ret: decision.ret, ...more, ...(answerJson(decision.reply) as Envelope) };
}
