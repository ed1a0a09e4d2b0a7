import { performance } from 'node:perf_hooks';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds of work after which those who take turns rest for as long as they worked. */
const WORK = 2;

/** What turns go by. */
export interface Clock {
  /** Milliseconds since whenever. */
  now(): number;
  rest(milliseconds: number): Promise<unknown>;
}

const MACHINE: Clock = { now: () => performance.now(), rest: (milliseconds) => sleep(milliseconds) };

/**
 * Lets many do a little work each, one after the other, with half of the process's time left to whatever else it does: however
 * many they are, they hold up nothing for much longer than one of them takes.
 */
export class Turns {
  private readonly waiting: (() => void)[] = [];
  private serving = false;

  /** @param clock the machine's own if absent */
  constructor(private readonly clock: Clock = MACHINE) {}

  /** Settles when it is the caller's turn; the turn is over when the caller waits for something. */
  take(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      if (!this.serving) void this.serve();
    });
  }

  private async serve(): Promise<void> {
    this.serving = true;
    await setImmediate();
    let since = this.clock.now();
    for (const waiting of this.batches()) {
      waiting();
      await Promise.resolve();
      const worked = this.clock.now() - since;
      if (worked < WORK) continue;
      await this.clock.rest(Math.ceil(worked));
      since = this.clock.now();
    }
    this.serving = false;
  }

  private *batches(): Generator<() => void> {
    while (this.waiting.length > 0) yield* this.waiting.splice(0);
  }
}
