import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';

/** Milliseconds in which what a test waits for has to come, or at least something else than before. */
const PATIENCE = 20_000;

/** How a test waits between two looks. */
export interface Pausing {
  /** Milliseconds of one pause. They are counted, so that a moment in which the process stands still is no more than one of them. */
  readonly step: number;
  readonly pause: (milliseconds: number) => Promise<unknown>;
}

/**
 * Looks until there is what a test waits for, and answers it.
 *
 * @throws with what there is instead, if that has been the same for twenty seconds
 */
export async function eventually<Seen>(
  look: () => Seen | Promise<Seen>,
  isWanted: (seen: Seen) => boolean,
  { step, pause }: Pausing = { step: 10, pause: sleep },
): Promise<Seen> {
  let before: string | undefined;
  for (let left = 0; ;) {
    const seen = await look();
    if (isWanted(seen)) return seen;
    const now = inspect(seen, { depth: null, maxArrayLength: null });
    left = now === before ? left - 1 : PATIENCE / step;
    if (left === 0) throw new Error(`what was waited for never came, but ${now}`);
    before = now;
    await pause(step);
  }
}

/** Those who wait for something to come, told when it does. */
export class Bell {
  private waiting: (() => void)[] = [];

  ring(): void {
    for (const told of this.waiting.splice(0)) told();
  }

  /** Looks whenever the bell rings, as `eventually` does. */
  async until<Seen>(look: () => Seen, isWanted: (seen: Seen) => boolean): Promise<Seen> {
    return eventually(look, isWanted, { step: 1000, pause: (milliseconds) => this.wait(milliseconds) });
  }

  private wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
