import type { CommandOf } from '../../domain/vm/command.js';
import { runsOf } from '../../domain/vm/erasure.js';
import { PAGE_SIZE } from '../../domain/memory/address.js';
import { type Journal, JournalError } from '../journal/journal.js';
import { MalformedCommand, UnknownVm, VersionMismatch } from '../machines/errors.js';
import type { Machines } from '../machines/machines.js';
import type { Answer, Submission } from '../machines/submission.js';
import { type Held, type Range, Survey } from './survey.js';
import { Sweeper } from './sweeper.js';

/** An erasure that is asked for; all of the VM's records if it says no more. */
export interface ErasureRequest extends Pick<Submission, 'vm' | 'actor' | 'requestId' | 'trace' | 'ifMatch'> {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly reason: string;
  /** As in a submission, of the erasure's own record. */
  readonly present?: (erasing: Erasing) => Submission['present'];
}

/** An erasure that was worked out. */
export interface Erasing {
  readonly command: CommandOf<'erase_memory'>;
  /** Pages that were recorded once more, since the VM lives and has in them what is erased. */
  readonly kept: number;
}

/** What came of an erasure. */
export interface Erased extends Erasing {
  readonly answer: Answer;
}

/** Another VM that is alive would lose memory. */
export class WouldTakeFrom extends Error {
  constructor(readonly vm: string) {
    super(`VM ${vm} is alive and has in its memory what would be erased: destroy it first`);
  }
}

/** Pages whose content one record keeps: 8 MiB. */
const PAGES_KEPT = (8 * 1024 * 1024) / PAGE_SIZE;

/** Times that an erasure is worked out anew after another process wrote to the journal. */
const MOST_TRIES = 5;

/**
 * Removes the bytes of a VM's memory that stand beside its records: docs/decisions/0019. One erasure at a time; others wait.
 */
export class Erasures {
  private queue: Promise<unknown> = Promise.resolve();
  private readonly sweeper: Sweeper;

  constructor(
    private readonly journal: Journal,
    private readonly machines: Machines,
  ) {
    this.sweeper = new Sweeper(journal);
    // Makes up for a sweep that the end of another process prevented.
    void this.sweeper.sweep();
  }

  /** Whether nothing of what was erased is left in the free space of the journal's files; else it will be gone in a while. */
  get areSwept(): boolean {
    return this.sweeper.isDone;
  }

  /**
   * Erases, and answers once it is durable.
   *
   * @throws UnknownVm, VersionMismatch, MalformedCommand, WouldTakeFrom, JournalError: nothing is erased
   */
  erase(request: ErasureRequest): Promise<Erased> {
    const erased = this.queue.then(() => this.perform(request));
    this.queue = erased.catch(() => undefined);
    return erased;
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    await this.queue;
    this.sweeper.close();
  }

  private async perform(request: ErasureRequest): Promise<Erased> {
    const { vm, from = 1, to = Number.MAX_SAFE_INTEGER } = request;
    const head = await this.journal.streamHead(vm);
    if (head.version === 0) throw new UnknownVm(vm);
    if (from > head.position)
      throw new MalformedCommand('from', `is behind the VM's last record, which is at ${head.position}`);
    const range = { vm, from, to: Math.min(to, head.position) };
    for (let survey = await Survey.of(this.journal, range), tries = 1; ; tries++) {
      try {
        const erased = await this.holding(survey, () => this.carryOut(request, range, survey));
        if (erased) {
          await this.sweeper.sweep();
          return erased;
        }
      } catch (error) {
        if (!(error instanceof JournalError && error.fault === 'conflict') || tries === MOST_TRIES) throw error;
      }
      survey = await Survey.of(this.journal, range);
    }
  }

  /** Does something while nothing happens to the VMs of a survey, which has all of their records; undefined if there are others. */
  private async holding<Result>(survey: Survey, work: () => Promise<Result>): Promise<Result | undefined> {
    const release = await this.machines.hold(survey.vms);
    try {
      return (await survey.goOn()).size > 0 ? undefined : await work();
    } finally {
      release();
    }
  }

  private async carryOut(request: ErasureRequest, { from, to }: Range, survey: Survey): Promise<Erased> {
    const { vm, reason, actor, requestId, trace, ifMatch, present } = request;
    if (ifMatch && !ifMatch.includes(survey.version)) throw new VersionMismatch(vm, survey.version);
    const submit = (command: Submission['command'], more: Partial<Submission> = {}): Promise<Answer> =>
      this.machines.submit({ vm, command, actor, requestId, trace, held: true, ...more });
    const held = survey.held();
    const other = held.find((each) => each.vm !== vm);
    if (other) throw new WouldTakeFrom(other.vm);
    const { pages, vcpus } = held[0] ?? NOTHING;
    for (let at = 0; at < pages.length; at += PAGES_KEPT)
      await submit({ type: 'keep_memory', pages: runsOf(pages.slice(at, at + PAGES_KEPT)), vcpus: [] });
    if (vcpus.length > 0) await submit({ type: 'keep_memory', pages: [], vcpus: [...vcpus] });
    const kept = Math.ceil(pages.length / PAGES_KEPT) + (vcpus.length > 0 ? 1 : 0);
    const command = { type: 'erase_memory', from, to, reason, ...survey.facts } as const;
    const erasing = { command, kept: pages.length };
    const answer = await submit(command, { erase: survey.erase(kept), present: present?.(erasing) });
    this.machines.forget(survey.ended());
    return { answer, ...erasing };
  }
}

const NOTHING: Pick<Held, 'pages' | 'vcpus'> = { pages: [], vcpus: [] };
