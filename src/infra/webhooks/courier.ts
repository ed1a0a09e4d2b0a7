import { setTimeout as sleep } from 'node:timers/promises';
import type { Sight } from '../access/sight.js';
import { CLOUD_EVENT_JSON, cloudEvent } from '../followers/cloud-event.js';
import type { Followers } from '../followers/followers.js';
import type { StoredRecord } from '../journal/journal.js';
import type { World } from '../world.js';
import { type Backoff, delayOf } from './backoff.js';
import { type PostFailure, post } from './post.js';
import { signedHeaders } from './signature.js';
import { type Webhook, type WebhookProgress, queryOf } from './webhook.js';

/** What a courier works with. */
export interface CourierTools {
  readonly followers: Followers;
  readonly sight: Sight;
  readonly world: World;
  readonly backoff: Backoff;
  /** Told each time the progress has changed. */
  readonly advanced: () => void;
}

/** Milliseconds that a courier waits for a record before it looks for itself, and before it reads again after the journal failed. */
const PATIENCE = 60_000;
const UNREADABLE = 1000;

/** The receiver wants no more, ever (RFC 9110, 15.5.11). */
const GONE = 410;

/**
 * Delivers the records that a webhook is for and that are there for its maker, in order of position, each until it was taken,
 * from its cursor on. Ends when it is stopped, or gives up.
 */
export class Courier {
  /** Settles when nothing is delivered any more. */
  readonly done: Promise<void>;
  private readonly stopping = new AbortController();
  private readonly cutting = new AbortController();
  private readonly query;
  private now: WebhookProgress;

  constructor(
    private readonly webhook: Webhook,
    private readonly tools: CourierTools,
  ) {
    const { cursor, failure, settings } = webhook;
    this.now = { cursor, ...(failure && { failure }) };
    this.query = queryOf(settings.filter);
    this.done = this.run();
  }

  get progress(): WebhookProgress {
    return this.now;
  }

  /** Begins no further delivery; one that is under way goes on until it is answered, or cut. */
  stop(): void {
    this.stopping.abort();
  }

  /** Ends at once. What was under way may have been taken all the same, and will be delivered again. */
  cut(): void {
    this.stop();
    this.cutting.abort();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const { failure } = this.now;
      if (failure && failure.retryAt === undefined) return;
      if (failure) await this.rest(Date.parse(failure.retryAt ?? '') - this.tools.world.now().getTime());
      await this.step().catch(() => this.rest(UNREADABLE));
    }
  }

  /** Goes on to the next record that matches and is there for the maker, or as far as the journal was looked at for one. */
  private async step(): Promise<void> {
    const { signal } = this.stopping;
    const query = { ...this.query, after: this.now.cursor, limit: 1 };
    const { followers, sight } = this.tools;
    const waiting = { patience: PATIENCE, signal };
    const { records, upTo } = await sight.next(this.webhook.maker, query, (asked) => followers.next(asked, waiting));
    if (signal.aborted) return;
    const record = records[0];
    const failure = record && (await this.deliver(record));
    if (record && failure && this.cutting.signal.aborted) return;
    if (record && failure) this.failed(record, failure);
    else if (upTo > this.now.cursor) this.advance({ cursor: upTo });
  }

  private deliver(record: StoredRecord): Promise<PostFailure | undefined> {
    const { id, secret, settings } = this.webhook;
    const body = cloudEvent(record);
    const timestamp = Math.floor(this.tools.world.now().getTime() / 1000);
    const signed = signedHeaders({ secret, id: `${id}_${record.position}`, timestamp, body });
    const headers = { ...signed, 'content-type': CLOUD_EVENT_JSON, 'user-agent': 'vmledger' };
    return post({ url: settings.url, headers, body, timeout: settings.timeout * 1000 }, this.cutting.signal);
  }

  private failed({ position }: StoredRecord, { reason, status, retryAfter }: PostFailure): void {
    const { world, backoff } = this.tools;
    const attempts = (this.now.failure?.attempts ?? 0) + 1;
    const now = world.now().getTime();
    const over = status === GONE || attempts >= this.webhook.settings.maxAttempts;
    const failure = {
      position,
      attempts,
      at: new Date(now).toISOString(),
      reason,
      ...(status !== undefined && { status }),
      ...(!over && { retryAt: new Date(now + delayOf(backoff, attempts, world.random(4), retryAfter)).toISOString() }),
    };
    this.advance({ cursor: this.now.cursor, failure });
  }

  private advance(progress: WebhookProgress): void {
    this.now = progress;
    this.tools.advanced();
  }

  /** Waits, unless it is stopped; no longer than the longest back-off, whatever the clock says. */
  private async rest(milliseconds: number): Promise<void> {
    const delay = Math.min(Math.max(milliseconds, 0), Math.max(this.tools.backoff.longest, UNREADABLE));
    await sleep(delay, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}
