import { type AnswerStore, KEPT_FOR, type KeptAnswer, type RequestKey, withoutBytes } from './answer-store.js';

interface Entry {
  readonly answer: KeptAnswer;
  readonly time: number;
}

const nameOf = (actor: string, key: string): string => JSON.stringify([actor, key]);

/** Kept answers without a file, for tests. */
export class MemoryAnswerStore implements AnswerStore {
  private readonly entries = new Map<string, Entry>();

  isTaken({ actor, key }: RequestKey, now: number): boolean {
    const entry = this.entries.get(nameOf(actor, key));
    return entry !== undefined && entry.time > now - KEPT_FOR;
  }

  put(answer: KeptAnswer, time: number): void {
    const { actor, key } = answer.request;
    this.entries.set(nameOf(actor, key), { answer, time });
  }

  /** Takes the bytes of answers that came with some records. */
  erase(positions: ReadonlySet<number>, erasure: number): void {
    for (const [name, { answer, time }] of this.entries)
      if (positions.has(answer.position ?? 0)) this.entries.set(name, { answer: withoutBytes(answer, erasure), time });
  }

  async find(actor: string, key: string, now: number): Promise<KeptAnswer | undefined> {
    const entry = this.entries.get(nameOf(actor, key));
    return Promise.resolve(entry && entry.time > now - KEPT_FOR ? entry.answer : undefined);
  }

  async keep(answer: KeptAnswer, now: number): Promise<void> {
    this.put(answer, now);
    return Promise.resolve();
  }

  async prune(now: number): Promise<void> {
    for (const [name, { time }] of this.entries) if (time <= now - KEPT_FOR) this.entries.delete(name);
    return Promise.resolve();
  }
}
