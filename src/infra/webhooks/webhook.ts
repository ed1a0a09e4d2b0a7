import type { Principal } from '../access/principal.js';
import type { Query } from '../journal/journal.js';
import { searchOf } from '../journal/search.js';

/** Which records are delivered, as clients say it: times in RFC 3339, addresses in hex. */
export interface WebhookFilter {
  readonly vm?: string;
  readonly type?: string;
  readonly outcome?: 'done' | 'refused';
  readonly actor?: string;
  readonly from?: string;
  readonly to?: string;
  readonly gpa?: string;
  readonly size?: string;
}

/** What a client decides about a webhook. */
export interface WebhookSettings {
  readonly url: string;
  readonly description?: string;
  readonly filter: WebhookFilter;
  /** Attempts at one record, after which it is given up and the webhook with it. */
  readonly maxAttempts: number;
  /** Seconds that an attempt may take. */
  readonly timeout: number;
}

/** Why the record after the cursor was not delivered, last time. */
export interface WebhookFailure {
  readonly position: number;
  readonly attempts: number;
  /** RFC 3339. */
  readonly at: string;
  readonly reason: string;
  /** The status of the answer, if there was one. */
  readonly status?: number;
  /** When it is tried again (RFC 3339); absent if it is not. */
  readonly retryAt?: string;
}

/** How far a webhook is. */
export interface WebhookProgress {
  /** The last position that was delivered, or did not match. */
  readonly cursor: number;
  readonly failure?: WebhookFailure;
}

/** Who made a webhook: it delivers what was there for him. */
export type WebhookMaker = Pick<Principal, 'actor' | 'labels'>;

/** A webhook as it is kept. */
export interface Webhook extends WebhookProgress {
  readonly id: string;
  readonly maker: WebhookMaker;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly secret: string;
  readonly settings: WebhookSettings;
}

/** `active`: what matches is delivered; `retrying`: the last attempt failed; `dead`: nothing is delivered until it is resumed. */
export const WEBHOOK_STATES = ['active', 'retrying', 'dead'] as const;

export type WebhookState = (typeof WEBHOOK_STATES)[number];

export function stateOf({ failure }: WebhookProgress): WebhookState {
  if (failure === undefined) return 'active';
  return failure.retryAt === undefined ? 'dead' : 'retrying';
}

const number = <Value>(text: string | undefined, read: (text: string) => Value): Value | undefined =>
  text === undefined ? undefined : read(text);

/** What a webhook's filter asks of the journal. */
export function queryOf({ from, to, gpa, size, ...filter }: WebhookFilter): Omit<Query, 'after' | 'limit'> {
  const range = { gpa: number(gpa, BigInt), size: number(size, BigInt) };
  return searchOf({ ...filter, from: number(from, Date.parse), to: number(to, Date.parse), ...range });
}
