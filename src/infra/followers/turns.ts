import { setImmediate } from 'node:timers/promises';
import { Breath } from '../breath.js';

/**
 * Lets many do a little work each, one after the other, and whatever else the process does in between: however many they are,
 * they hold up nothing for longer than one of them does and a breath.
 */
export class Turns {
  private readonly waiting: (() => void)[] = [];
  private serving = false;

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
    const breath = new Breath();
    for (const waiting of this.batches()) {
      waiting();
      await breath.take();
    }
    this.serving = false;
  }

  private *batches(): Generator<() => void> {
    while (this.waiting.length > 0) yield* this.waiting.splice(0);
  }
}
