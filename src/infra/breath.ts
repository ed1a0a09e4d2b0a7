import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';

/** Milliseconds of work after which others get their turn. */
const TURN = 10;

/** Keeps long work from holding up the event loop: whoever does it takes a breath between its steps. */
export class Breath {
  private since = performance.now();

  /** Lets others run if this work has had a turn's time; answers whether it had. */
  async take(): Promise<boolean> {
    if (performance.now() - this.since < TURN) return false;
    await setImmediate();
    this.since = performance.now();
    return true;
  }
}
