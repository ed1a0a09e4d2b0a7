import type { Command } from '../../domain/vm/command.js';
import type { Vm } from '../../domain/vm/state.js';
import { JournalError } from '../journal/journal.js';
import { concernedBy } from './concerned.js';
import { UnknownVersion, UnknownVm, isUnrecorded } from './errors.js';
import type { Past } from './history.js';
import type { Locks } from './locks.js';
import { type Office, Scribe, type Scribes, statesOf } from './scribe.js';
import type { Tip } from './stream-end.js';
import type { Answer, Submission } from './submission.js';

/** What lanes have in common. */
export interface Street extends Office {
  readonly locks: Locks;
  /** The lane of a VM; its caller must use it at once, since a lane that does nothing may be forgotten. */
  lane(vm: string): Lane;
}

/** Times that a command is decided anew after another writer of the same journal came first. */
const MOST_TRIES = 5;

const NO_SCRIBES: Scribes = new Map();
const NO_ONE: ReadonlySet<string> = new Set();

/**
 * The one way into a VM: commands are decided one at a time, in the order in which they came.
 *
 * A command is decided on the state that its predecessors lead to, even while those are on their way to the disk, and is
 * answered once its own record is durable. If an append fails, so do all that were decided upon it; the lane then forgets
 * its state and reads it from the journal again. See docs/decisions/0001-decide-ahead.md.
 *
 * A VM that shares pages with others, or is about to, waits for them: see `together`.
 */
export class Lane {
  private readonly scribe: Scribe;
  private inFlight = 0;
  /** Settles when whoever holds the VM lets it go. */
  private gate: Promise<void> | undefined;

  constructor(
    private readonly id: string,
    private readonly street: Street,
  ) {
    this.scribe = new Scribe(id, street);
  }

  /** Whether nothing is on its way through the lane. */
  get idle(): boolean {
    return this.inFlight === 0;
  }

  /**
   * Decides a command and answers once its record is durable.
   *
   * @throws UnknownVm, VersionMismatch, UnknownVersion, MalformedCommand: nothing was recorded; JournalError: nothing is
   *   in the journal, and the state is what it was
   */
  async submit(submission: Submission): Promise<Answer> {
    this.inFlight++;
    try {
      for (let tries = 1; ; tries++) {
        try {
          return await this.once(submission);
        } catch (error) {
          if (error instanceof JournalError && error.fault === 'conflict' && tries < MOST_TRIES) continue;
          if (!isUnrecorded(error)) this.street.meter?.failed(submission.command.type);
          throw error;
        }
      }
    } finally {
      this.inFlight--;
    }
  }

  /** The VM now, with everything in it durable. Its memory goes on changing. */
  async view(): Promise<Past> {
    this.inFlight++;
    try {
      return await this.scribe.end.stand();
    } finally {
      this.inFlight--;
    }
  }

  /**
   * Keeps out every command but those that say that they are `held`, once all that came before is durable.
   *
   * @returns lets the VM go
   */
  async hold(): Promise<() => void> {
    this.inFlight++;
    while (this.gate) await this.gate;
    let open = (): void => undefined;
    this.gate = new Promise((resolve) => (open = resolve));
    const release = (): void => {
      this.gate = undefined;
      this.inFlight--;
      open();
    };
    try {
      await this.scribe.end.stand();
      return release;
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Has the state read from the journal again, where it is not the same any more. Only for who holds the VM. */
  forgetState(): void {
    this.scribe.end.forget();
  }

  private async once(submission: Submission): Promise<Answer> {
    const { command } = submission;
    const past = 'asOf' in command && command.asOf !== undefined ? await this.asOf(command.asOf) : undefined;
    for (let others = NO_ONE; ;) {
      const { tip } = this.scribe.end;
      if (this.gate && !submission.held) {
        await this.gate;
        continue;
      }
      if (tip === undefined) {
        await this.scribe.end.load();
        continue;
      }
      const concerned = others.size > 0 ? others : this.concerned(tip, command, NO_SCRIBES);
      if (concerned.size === 0) return this.scribe.write(tip, submission, past, NO_SCRIBES);
      const answer = await this.together(submission, past, concerned);
      if ('decision' in answer) return answer;
      ({ others } = answer);
    }
  }

  private concerned({ vm }: Tip, command: Command, atHand: Scribes): ReadonlySet<string> {
    return vm ? concernedBy(command, vm, statesOf(atHand), this.street.tokens) : NO_ONE;
  }

  /**
   * Decides a command that has to do with other VMs: while nothing else happens to any of them, and upon nothing that is not
   * durable, since a record of one VM must not rest on one of another that is lost.
   *
   * @returns who has to do with it, if it is others than was known when they were waited for
   */
  private async together(
    submission: Submission,
    past: Vm | undefined,
    others: ReadonlySet<string>,
  ): Promise<Answer | { readonly others: ReadonlySet<string> }> {
    const unlock = await this.street.locks.take([this.id, ...others]);
    const lanes = new Map([...others].map((id) => [id, this.street.lane(id).retain()]));
    const scribes = new Map([...lanes].map(([id, { scribe }]) => [id, scribe]));
    const all = [this, ...lanes.values()];
    try {
      await Promise.all(all.map((lane) => lane.scribe.end.stand()));
      const { tip } = this.scribe.end;
      if (tip === undefined || all.some((lane) => lane.scribe.end.tip === undefined)) return { others };
      if (this.gate && !submission.held) return { others };
      const concerned = this.concerned(tip, submission.command, scribes);
      if (concerned.size !== others.size || ![...concerned].every((id) => others.has(id))) return { others: concerned };
      return await this.scribe.write(tip, submission, past, scribes);
    } catch (error) {
      // What this VM stored in the pages of others is in their states, and may not be in the journal.
      if (!isUnrecorded(error)) for (const lane of all) lane.scribe.end.forget();
      throw error;
    } finally {
      for (const lane of lanes.values()) lane.inFlight--;
      unlock();
    }
  }

  /** Keeps the lane from being forgotten until `inFlight` is counted down. */
  private retain(): this {
    this.inFlight++;
    return this;
  }

  private async asOf(version: number): Promise<Vm> {
    const now = await this.view();
    if (now.vm === undefined) throw new UnknownVm(this.id);
    const past = await this.street.history.load(this.id, version);
    if (past.vm === undefined || past.version !== version) {
      throw new UnknownVersion(this.id, 'version', `the VM has no version ${version}`);
    }
    return past.vm;
  }
}
