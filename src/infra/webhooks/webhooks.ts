import { setTimeout as sleep } from 'node:timers/promises';
import type { Sight } from '../access/sight.js';
import type { Followers } from '../followers/followers.js';
import type { Keep } from '../journal/answer-store.js';
import type { Journal } from '../journal/journal.js';
import { Locks } from '../machines/locks.js';
import type { World } from '../world.js';
import { BACKOFF, type Backoff } from './backoff.js';
import { Courier } from './courier.js';
import { SECRET_SIZE, secretOf } from './signature.js';
import type { Webhook, WebhookMaker, WebhookSettings } from './webhook.js';
import type { WebhookStore } from './webhook-store.js';

/** Webhooks that there can be. */
export const MOST_WEBHOOKS = 100;

/** Milliseconds after which it is kept how far webhooks are: what was delivered since then may be delivered again after a crash. */
const KEEP = 200;

/** Milliseconds that deliveries which are under way have left when the service closes, if nobody says otherwise. */
const GRACE = 1000;

/** There is no such webhook. */
export class UnknownWebhook extends Error {
  constructor(readonly id: string) {
    super(`there is no webhook ${id}`);
  }
}

/** There are as many webhooks as there can be. */
export class TooManyWebhooks extends Error {
  constructor() {
    super(`there are ${MOST_WEBHOOKS} webhooks already`);
  }
}

/** The answer to a change that is to be kept with it, made of the webhook as it will be; undefined if none is. */
export type Keeping = (webhook: Webhook) => Keep | undefined;

/** What webhooks work with. */
export interface WebhookTools {
  readonly journal: Journal;
  readonly followers: Followers;
  readonly sight: Sight;
  readonly store: WebhookStore;
  readonly world: World;
  readonly backoff?: Backoff | undefined;
  /** Milliseconds that deliveries which are under way have left when the service closes. */
  readonly grace?: number | undefined;
}

/** A webhook, and who delivers for it. */
interface Entry {
  readonly webhook: Webhook;
  readonly courier: Courier;
}

/** All webhooks. Each delivers by itself: one whose receiver is slow or gone holds up no other. */
export class Webhooks {
  /** In order of id. */
  private readonly entries = new Map<string, Entry>();
  private readonly locks = new Locks();
  /** Those whose progress is to be kept; and those that are being changed, whose is kept with the change. */
  private readonly advanced = new Set<string>();
  private readonly changing = new Set<string>();
  private keeping: NodeJS.Timeout | undefined;
  private making = 0;

  private constructor(private readonly tools: WebhookTools) {}

  /** Takes up the webhooks that are kept, where each of them stopped. */
  static async open(tools: WebhookTools): Promise<Webhooks> {
    const webhooks = new Webhooks(tools);
    for (const webhook of await tools.store.load()) webhooks.start(webhook);
    return webhooks;
  }

  /** All of them as they are now, in order of id. */
  list(): Webhook[] {
    return [...this.entries.values()].map(current).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** @throws UnknownWebhook */
  get(id: string): Webhook {
    return current(this.entry(id));
  }

  /**
   * Makes a webhook for the records after a position, or for those to come.
   *
   * @throws TooManyWebhooks, JournalError
   */
  async create(
    { actor, labels }: WebhookMaker,
    settings: WebhookSettings,
    after?: number,
    keeping?: Keeping,
  ): Promise<Webhook> {
    if (this.entries.size + this.making >= MOST_WEBHOOKS) throw new TooManyWebhooks();
    this.making++;
    try {
      const { journal, store, world } = this.tools;
      const cursor = after ?? (await journal.head());
      const secret = secretOf(world.random(SECRET_SIZE));
      const created = world.now().getTime();
      const webhook = { id: world.newId(), created, maker: { actor, labels }, secret, settings, cursor };
      await store.put(webhook, keeping?.(webhook));
      return this.start(webhook);
    } finally {
      this.making--;
    }
  }

  /**
   * Changes settings. A delivery that is under way is cut and made again with the new ones.
   *
   * @throws UnknownWebhook, JournalError
   */
  change(id: string, settings: Partial<WebhookSettings>, keeping?: Keeping): Promise<Webhook> {
    return this.replace(id, (webhook) => ({ ...webhook, settings: { ...webhook.settings, ...settings } }), keeping);
  }

  /**
   * Forgets a webhook's failures and delivers at once, from where it stopped or after another position.
   *
   * @throws UnknownWebhook, JournalError
   */
  resume(id: string, after?: number, keeping?: Keeping): Promise<Webhook> {
    return this.replace(id, ({ failure: _, ...webhook }) => ({ ...webhook, cursor: after ?? webhook.cursor }), keeping);
  }

  /**
   * Ends a webhook; nothing is delivered any more when this settles.
   *
   * @throws UnknownWebhook, JournalError
   */
  async remove(id: string, keeping?: Keeping): Promise<Webhook> {
    return this.stopped(id, async (webhook) => {
      await this.tools.store.drop(id, keeping?.(webhook));
      this.entries.delete(id);
      return webhook;
    });
  }

  /** Ends all deliveries, and keeps how far they came. */
  async close(): Promise<void> {
    const couriers = [...this.entries.values()].map(({ courier }) => courier);
    for (const courier of couriers) courier.stop();
    const done = Promise.all(couriers.map((courier) => courier.done));
    const { grace = GRACE } = this.tools;
    const over = new AbortController();
    await Promise.race([done, sleep(grace, undefined, { signal: over.signal }).catch(() => undefined)]);
    over.abort();
    for (const courier of couriers) courier.cut();
    await done;
    clearTimeout(this.keeping);
    await this.keep();
  }

  private start(webhook: Webhook): Webhook {
    const { id } = webhook;
    const { followers, sight, world, backoff = BACKOFF } = this.tools;
    const advanced = (): void => {
      this.advanced.add(id);
      this.keeping ??= setTimeout(() => void this.keep(), KEEP);
    };
    this.entries.set(id, { webhook, courier: new Courier(webhook, { followers, sight, world, backoff, advanced }) });
    return webhook;
  }

  private entry(id: string): Entry {
    const entry = this.entries.get(id);
    if (entry === undefined) throw new UnknownWebhook(id);
    return entry;
  }

  private replace(id: string, change: (webhook: Webhook) => Webhook, keeping: Keeping | undefined): Promise<Webhook> {
    return this.stopped(id, async (webhook) => {
      const changed = change(webhook);
      await this.tools.store.put(changed, keeping?.(changed));
      this.entries.delete(id);
      return this.start(changed);
    });
  }

  /** Does something with a webhook while nothing is delivered for it, one after the other. If it fails, all stays as it was. */
  private async stopped<Answer>(id: string, action: (webhook: Webhook) => Promise<Answer>): Promise<Answer> {
    const free = await this.locks.take([id]);
    try {
      const entry = this.entry(id);
      this.changing.add(id);
      entry.courier.cut();
      await entry.courier.done;
      const webhook = current(entry);
      return await action(webhook).catch((error: unknown) => {
        this.start(webhook);
        throw error;
      });
    } finally {
      this.changing.delete(id);
      free();
    }
  }

  /** Keeps how far webhooks are that have advanced. If that fails it is done the next time; meanwhile they go on. */
  private async keep(): Promise<void> {
    this.keeping = undefined;
    const ids = [...this.advanced].filter((id) => !this.changing.has(id));
    for (const id of ids) this.advanced.delete(id);
    const rows = ids.flatMap((id) => {
      const entry = this.entries.get(id);
      return entry ? [{ id, ...entry.courier.progress }] : [];
    });
    if (rows.length === 0) return;
    await this.tools.store.advance(rows).catch(() => ids.forEach((id) => this.advanced.add(id)));
  }
}

/** A webhook with how far it is now. */
function current({ webhook, courier }: Entry): Webhook {
  const { id, created, maker, secret, settings } = webhook;
  return { id, created, maker, secret, settings, ...courier.progress };
}
