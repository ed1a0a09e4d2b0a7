import type { Answer } from '../infra/machines/submission.js';
import { toJson } from '../domain/json.js';
import { OCTETS } from './accept.js';
import type { Exchange } from './http.js';

const NOTHING = Buffer.alloc(0);

/**
 * Answers the data that a command read as it is; its result is in the headers: KVM-Ret and, if an exception arose,
 * KVM-Exception in JSON.
 */
export function octetAnswer({ reply }: Exchange, { decision }: Answer): Buffer {
  const { data, exception } = decision.reply;
  reply.header('content-type', OCTETS);
  if (exception !== undefined) reply.header('kvm-exception', JSON.stringify(toJson(exception)));
  return data instanceof Uint8Array ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : NOTHING;
}
