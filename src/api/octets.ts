import type { Outcome } from '../infra/machines/submission.js';
import { toJson } from '../domain/json.js';
import { OCTETS } from './accept.js';
import type { Presentation } from './presentation.js';

const NOTHING = Buffer.alloc(0);

/**
 * Presents the data that a command read as it is; its result is in the headers: KVM-Ret and, if an exception arose,
 * KVM-Exception in JSON.
 */
export function inOctets({ decision }: Pick<Outcome, 'decision'>): Presentation<Buffer> {
  const { data, exception } = decision.reply;
  const headers = {
    'content-type': OCTETS,
    ...(exception !== undefined && { 'kvm-exception': JSON.stringify(toJson(exception)) }),
  };
  const body = data instanceof Uint8Array ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : NOTHING;
  return { body, headers };
}
