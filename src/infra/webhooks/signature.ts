import { createHmac } from 'node:crypto';

/** What a secret begins with (Standard Webhooks 1.0.0, "Signature scheme"). */
const SECRET_PREFIX = 'whsec_';

/** Bytes of a secret; the scheme wants 24 to 64. */
export const SECRET_SIZE = 32;

/** Random bytes as a secret is given to clients. */
export const secretOf = (random: Uint8Array): string => `${SECRET_PREFIX}${Buffer.from(random).toString('base64')}`;

/** What a delivery is signed with, and of. */
export interface Signed {
  readonly secret: string;
  /** The same at every attempt; without a full stop. */
  readonly id: string;
  /** Seconds since 1970, of the attempt. */
  readonly timestamp: number;
  readonly body: string;
}

/** The headers that a delivery is signed by: HMAC-SHA256 of id, timestamp and body (Standard Webhooks 1.0.0). */
export function signedHeaders({ secret, id, timestamp, body }: Signed): Readonly<Record<string, string>> {
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': `v1,${signature}` };
}
