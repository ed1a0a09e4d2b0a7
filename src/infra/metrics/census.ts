import { setImmediate } from 'node:timers/promises';
import type { CommandType } from '../../domain/vm/command.js';
import type { Journal } from '../journal/journal.js';

/** Records that are looked at in one go. */
const PAGE = 1000;

/** Counts the VMs that live: those that were created and not destroyed. What was counted is not read again. */
export class Census {
  private upTo = 0;
  private living = 0;
  private counting: Promise<number> | undefined;

  constructor(private readonly journal: Journal) {}

  /**
   * How many there are at the end of the journal.
   *
   * @throws JournalError
   */
  count(): Promise<number> {
    this.counting ??= this.catchUp().finally(() => (this.counting = undefined));
    return this.counting;
  }

  private async catchUp(): Promise<number> {
    const head = await this.journal.head();
    const born = await this.done('create_vm', head);
    const gone = await this.done('destroy_vm', head);
    this.living += born - gone;
    this.upTo = head;
    return this.living;
  }

  /** Records of a type of command that was done, up to a position. */
  private async done(type: CommandType, head: number): Promise<number> {
    let count = 0;
    for (let after = this.upTo; after < head;) {
      const { records, upTo } = await this.journal.look({ after, limit: PAGE, type, outcome: 'done' });
      count += records.filter(({ position }) => position <= head).length;
      after = upTo;
      await setImmediate();
    }
    return count;
  }
}
