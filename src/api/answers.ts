import type { Json } from '../domain/digester.js';
import type { Answer } from '../infra/machines/submission.js';
import { answerJson } from './answer-json.js';
import type { HttpReply } from './http.js';

/** The body of a done command: `ret`, what was answered beside it, and where it is recorded. */
export type Envelope = Readonly<Record<string, Json>>;

/** The entity tag of a version of a VM. */
export const etagOf = (version: number): string => `"${version}"`;

/** Tells a command's result in headers: ETag, KVM-Ret and, for a refusal, KVM-Errno. */
export function setOutcome(reply: HttpReply, { version, decision: { ret, errno } }: Answer): void {
  reply.header('etag', etagOf(version)).header('kvm-ret', String(ret));
  if (errno !== undefined) reply.header('kvm-errno', errno);
}

/** The body of an answer; `more` stands in front of what was answered. */
export function envelope({ version, position, decision }: Answer, more: Envelope = {}): Envelope {
  const reply = answerJson(decision.reply) as Envelope;
  return { ret: decision.ret, ...more, ...reply, version, position };
}
