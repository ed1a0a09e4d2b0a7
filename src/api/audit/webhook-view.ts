import { toJson } from '../../domain/json.js';
import { type Webhook, type WebhookFilter, type WebhookSettings, stateOf } from '../../infra/webhooks/webhook.js';
import type { JournalFilter } from '../shapes/journal.js';
import type { ChangeWebhookBody } from '../shapes/webhook.js';

const timeOf = (milliseconds: number | undefined) =>
  milliseconds === undefined ? undefined : new Date(milliseconds).toISOString();

const filterOf = ({ from, to, ...filter }: JournalFilter): WebhookFilter =>
  toJson({ ...filter, from: timeOf(from), to: timeOf(to) }) as WebhookFilter;

/** The settings that a body has. */
export function settingsOf({ url, description, filter, ...body }: ChangeWebhookBody): Partial<WebhookSettings> {
  const { maxAttempts, timeoutSeconds: timeout } = body;
  const given = { url, description, filter: filter && filterOf(filter), maxAttempts, timeout };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** A webhook as it is answered: all but its secret. */
export function webhookView(webhook: Webhook) {
  const { id, created, maker, cursor, failure, settings } = webhook;
  const { timeout: timeoutSeconds, ...rest } = settings;
  const state = stateOf(webhook);
  return { id, ...rest, timeoutSeconds, createdAt: timeOf(created), maker, state, cursor, ...(failure && { failure }) };
}
