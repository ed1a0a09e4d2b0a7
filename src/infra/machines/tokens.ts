import { parseBody } from '../../domain/audit/record.js';
import { tokenIssued } from '../../domain/vm/peers.js';
import type { Journal } from '../journal/journal.js';

/** Milliseconds for which a map token is looked for; the domain says when it expires, and that is sooner. */
const REMEMBERED = 10_000;

/** Records that are read in one go. */
const PAGE = 500;

/**
 * Which VM issued a map token, by the token's commitment: whoever presents one does not say of which VM it is. Derived from
 * the journal's last seconds, and never asked whether a token is good.
 */
export class Tokens {
  private readonly holders = new Map<string, { readonly vm: string; readonly time: number }>();

  /** The VM that issued a token lately. */
  issuerOf(commitment: string): string | undefined {
    return this.holders.get(commitment)?.vm;
  }

  /** Takes notice of what happened to a VM at a time, in milliseconds since 1970. */
  learn(vm: string, time: number, events: readonly { readonly type: string }[]): void {
    for (const event of events) {
      const token = tokenIssued(event);
      if (token === undefined) continue;
      this.forgetBefore(time - REMEMBERED);
      this.holders.set(token, { vm, time });
    }
  }

  /** Takes notice of what a journal holds of the time before `now`. */
  async recall(journal: Journal, now: number): Promise<void> {
    for (let after = await firstAfter(journal, now - REMEMBERED); ;) {
      const page = await journal.read({ after, limit: PAGE });
      for (const { vm, bytes } of page) {
        const body = parseBody(bytes);
        this.learn(vm, Date.parse(body.time), body.events);
      }
      if (page.length < PAGE) return;
      after = page.at(-1)?.position ?? after;
    }
  }

  private forgetBefore(time: number): void {
    for (const [commitment, issued] of this.holders) {
      if (issued.time >= time) return;
      this.holders.delete(commitment);
    }
  }
}

/** A position behind which every record of after `time` is, as far as times ascend. */
async function firstAfter(journal: Journal, time: number): Promise<number> {
  let low = 0;
  let high = await journal.head();
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [record] = await journal.read({ after: middle, limit: 1 });
    if (record && Date.parse(parseBody(record.bytes).time) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
