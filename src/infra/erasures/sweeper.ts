import { setTimeout as sleep } from 'node:timers/promises';
import { type Journal, JournalError } from '../journal/journal.js';

/** Times that the files are tried in a row, milliseconds in between, and before the next row. */
const TRIES = 40;
const PATIENCE = 50;
const PAUSE = 5000;

/** Sweeps the journal's files after erasures, and goes on trying while somebody reads what was in them. */
export class Sweeper {
  private pending = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly journal: Journal) {}

  /** Whether nothing of what was erased is left in the files. */
  get isDone(): boolean {
    return !this.pending;
  }

  /** Sweeps; answers after a while also if it could not yet, and goes on by itself then. */
  async sweep(): Promise<void> {
    this.pending = true;
    clearTimeout(this.timer);
    for (let tries = 0; tries < TRIES && this.pending; tries++) {
      if (tries > 0) await sleep(PATIENCE);
      this.pending = !(await this.once());
    }
    if (this.pending) this.timer = setTimeout(() => void this.sweep(), PAUSE).unref();
  }

  close(): void {
    clearTimeout(this.timer);
    this.pending = false;
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
