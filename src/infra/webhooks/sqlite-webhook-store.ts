import type Database from 'better-sqlite3';
import { type Keep, unshared } from '../journal/answer-store.js';
import { guarded } from '../journal/sqlite-faults.js';
import type { WriterClient } from '../journal/writer-client.js';
import type { Webhook, WebhookFailure, WebhookMaker, WebhookSettings } from './webhook.js';
import type { WebhookAdvance, WebhookAdvanceRow, WebhookRow, WebhookStore } from './webhook-store.js';

const advanceRow = ({ id, cursor, failure }: WebhookAdvance): WebhookAdvanceRow => ({
  id,
  cursor,
  failure: failure === undefined ? null : JSON.stringify(failure),
});

const webhookOf = ({ maker, settings, failure, ...row }: WebhookRow): Webhook => ({
  ...row,
  maker: JSON.parse(maker) as WebhookMaker,
  settings: JSON.parse(settings) as WebhookSettings,
  ...(failure !== null && { failure: JSON.parse(failure) as WebhookFailure }),
});

const unsharedKeep = (keep: Keep | undefined): Keep | undefined => keep && { ...keep, answer: unshared(keep.answer) };

/** Webhooks in the journal's file, written by the journal's writer, durable when a call settles. */
export class SqliteWebhookStore implements WebhookStore {
  private readonly all;

  constructor(
    db: Database.Database,
    private readonly writer: WriterClient,
  ) {
    this.all = db.prepare<[], WebhookRow>('SELECT * FROM webhooks ORDER BY id');
  }

  async load(): Promise<Webhook[]> {
    return Promise.resolve(guarded(() => this.all.all()).map(webhookOf));
  }

  put(webhook: Webhook, keep?: Keep): Promise<void> {
    const { created, maker, secret, settings } = webhook;
    const row = {
      ...advanceRow(webhook),
      created,
      secret,
      maker: JSON.stringify(maker),
      settings: JSON.stringify(settings),
    };
    return this.writer.run({ type: 'put_webhook', row, keep: unsharedKeep(keep) });
  }

  advance(progress: readonly WebhookAdvance[]): Promise<void> {
    return this.writer.run({ type: 'advance_webhooks', rows: progress.map(advanceRow) });
  }

  drop(id: string, keep?: Keep): Promise<void> {
    return this.writer.run({ type: 'drop_webhook', id, keep: unsharedKeep(keep) });
  }
}
