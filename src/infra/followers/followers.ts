import type { Journal, Look, Query } from '../journal/journal.js';
import { Tail } from './tail.js';
import { Turns } from './turns.js';

/** How long a follower waits, in milliseconds, and what ends its waiting. */
export interface Waiting {
  readonly patience: number;
  readonly signal: AbortSignal;
}

/** One who follows, of whom it is known how far he is. */
export interface Follower {
  /** Goes on after a position. */
  isAt(position: number): void;
  /** Follows no more. */
  leave(): void;
}

/**
 * Whoever follows the journal from a position on: from the file as long as it is behind, then from the records that were
 * appended last. A follower has nothing but a position and asks for what comes next when it is ready for it, so a slow
 * one takes no memory, and none is waited for.
 */
export class Followers {
  private readonly tail: Tail;
  private readonly turns = new Turns();
  /** How far those are who joined, each in a cell of his own. */
  private readonly joined = new Set<{ position: number }>();

  constructor(private readonly journal: Journal) {
    this.tail = new Tail(journal);
  }

  /**
   * The next records after the query's position that match, and how far the journal was looked at for them: the position
   * to go on from. There may be none. Waits while the journal ends there; answers the query's own position when its patience
   * is over, or the signal is given.
   *
   * @throws JournalError
   */
  async next(query: Query, { patience, signal }: Waiting): Promise<Look> {
    const look = await this.look(query, signal, (recent) => recent);
    if (look.upTo > query.after) return look;
    await this.tail.beyond(query.after, patience, signal);
    // Where there is nothing new the file is asked, should an announcement be late.
    return this.look(query, signal, (recent) => (recent && recent.upTo > query.after ? recent : undefined));
  }

  /** Joins as one whose position is told by `positions`. */
  join(position: number): Follower {
    const cell = { position };
    this.joined.add(cell);
    return {
      isAt: (next) => void (cell.position = next),
      leave: () => void this.joined.delete(cell),
    };
  }

  /** How far those are who joined. */
  positions(): number[] {
    return [...this.joined].map(({ position }) => position);
  }

  /** No longer hears of what is appended; whoever waits is answered. */
  close(): void {
    this.tail.close();
  }

  private async look(
    query: Query,
    signal: AbortSignal,
    use: (recent: Look | undefined) => Look | undefined,
  ): Promise<Look> {
    await this.turns.take();
    if (signal.aborted) return { records: [], upTo: query.after };
    return use(this.tail.look(query)) ?? this.journal.look(query);
  }
}
