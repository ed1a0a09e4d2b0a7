import { setTimeout as sleep } from 'node:timers/promises';
import { type Journal, JournalError } from '../journal/journal.js';

/** Times that the files are tried in a row, milliseconds in between, and before the next row. */
const TRIES = 40;
const PATIENCE = 50;
const PAUSE = 5000;

/** Sweeps the journal's files after erasures, and goes on trying while somebody reads what was in them. */
export class Sweeper {
  /** How often it was asked for, and as of which time of asking the files are swept. */
  private asked = 0;
  private swept = 0;
  private trying: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly journal: Journal) {}

  /** Whether nothing of what was erased is left in the files. */
  get isDone(): boolean {
    return this.swept === this.asked;
  }

  /** Sweeps; answers after a while also if it could not yet, and goes on by itself then. */
  sweep(): Promise<void> {
    this.asked++;
    return this.goOn();
  }

  close(): void {
    clearTimeout(this.timer);
    this.swept = this.asked;
  }

  private goOn(): Promise<void> {
    clearTimeout(this.timer);
    this.trying ??= this.tryInARow();
    return this.trying;
  }

  /** Ends in the step in which it looks for the last time, so that who asks after that begins another row. */
  private async tryInARow(): Promise<void> {
    try {
      for (let tries = 0; tries < TRIES && !this.isDone; tries++) {
        if (tries > 0) await sleep(PATIENCE);
        const { asked } = this;
        if (await this.once()) this.swept = Math.max(this.swept, asked);
      }
    } finally {
      this.trying = undefined;
    }
    if (!this.isDone) this.timer = setTimeout(() => void this.goOn(), PAUSE).unref();
  }

  private async once(): Promise<boolean> {
    try {
      await this.journal.sweep();
      return true;
    } catch (error) {
      if (error instanceof JournalError) return error.fault === 'closed';
      throw error;
    }
  }
}
