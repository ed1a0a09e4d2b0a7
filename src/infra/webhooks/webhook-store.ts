import type { Keep } from '../journal/answer-store.js';
import type { Webhook, WebhookProgress } from './webhook.js';

/** Where webhooks are kept; an answer that comes along is kept too, or neither is. */
export interface WebhookStore {
  /** All of them, in order of id. */
  load(): Promise<Webhook[]>;
  /** Keeps one, new or changed. */
  put(webhook: Webhook, keep?: Keep): Promise<void>;
  /** Keeps how far some of them are; of those that are no longer there, nothing. */
  advance(progress: readonly WebhookAdvance[]): Promise<void>;
  /** Forgets one. */
  drop(id: string, keep?: Keep): Promise<void>;
}

/** How far one webhook is. */
export interface WebhookAdvance extends WebhookProgress {
  readonly id: string;
}

/** A row of the table `webhooks`. */
export interface WebhookRow {
  readonly id: string;
  readonly created: number;
  /** JSON, as the settings and the failure. */
  readonly maker: string;
  readonly secret: string;
  readonly settings: string;
  readonly cursor: number;
  readonly failure: string | null;
}

/** What of a row changes as a webhook advances. */
export type WebhookAdvanceRow = Pick<WebhookRow, 'id' | 'cursor' | 'failure'>;
