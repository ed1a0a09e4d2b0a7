import { MODEL } from '../../domain/audit/model.js';
import { SALT_SIZE } from '../../domain/audit/bulk.js';
import { seal, split } from '../../domain/audit/record.js';
import { stateDigest } from '../../domain/audit/state-digest.js';
import { touchedFrames } from '../../domain/audit/touched-frames.js';
import { applyEntry } from '../../domain/vm/apply.js';
import type { Command } from '../../domain/vm/command.js';
import { withFacts } from '../../domain/vm/with-facts.js';
import { decide } from '../../domain/vm/decide.js';
import type { Decision } from '../../domain/vm/decision.js';
import { type Vm, fork } from '../../domain/vm/state.js';
import { digester } from '../digester.js';
import { type Draft, type Journal, JournalError } from '../journal/journal.js';
import type { World } from '../world.js';
import { MalformedCommand, UnknownVersion, UnknownVm, VersionMismatch } from './errors.js';
import type { History, Past } from './history.js';

/** A command on its way to a VM, and what goes into its record beside it. */
export interface Submission {
  readonly vm: string;
  readonly command: Command;
  readonly actor: string;
  readonly requestId: string;
  /** The versions at which the client wants the command to be carried out; any if absent. */
  readonly ifMatch?: readonly number[] | undefined;
}

/** What came of a command, once it is durable. */
export interface Answer {
  readonly vm: string;
  readonly version: number;
  readonly position: number;
  readonly decision: Decision;
}

/** Records, or bytes that facts stored, after which a snapshot is kept. */
const SNAPSHOT_RECORDS = 500;
const SNAPSHOT_BYTES = 64 * 1024 * 1024;

/** Times that a command is decided anew after another writer of the same journal came first. */
const MOST_TRIES = 5;

/** The end of a stream as the lane has it; `durable` answers its position, or fails if it never got into the journal. */
interface Tip {
  readonly vm: Vm | undefined;
  readonly version: number;
  readonly durable: Promise<number>;
}

/** What was decided upon one state read from the journal, and why the first append of it failed, if one did. */
interface Run {
  failure?: unknown;
}

/**
 * The one way into a VM: commands are decided one at a time, in the order in which they came.
 *
 * A command is decided on the state that its predecessors lead to, even while those are on their way to the disk, and is
 * answered once its own record is durable. If an append fails, so do all that were decided upon it; the lane then forgets
 * its state and reads it from the journal again. See docs/decisions/0001-decide-ahead.md.
 */
export class Lane {
  private tip: Tip | undefined;
  private run: Run = {};
  private loading: Promise<unknown> | undefined;
  /** Settles when everything that was sent to the journal has. */
  private settled: Promise<unknown> = Promise.resolve();
  private inFlight = 0;
  /** Bytes that facts stored since the last snapshot. */
  private stored = 0;

  constructor(
    private readonly id: string,
    private readonly journal: Journal,
    private readonly history: History,
    private readonly world: World,
  ) {}

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
          if (!(error instanceof JournalError && error.fault === 'conflict') || tries === MOST_TRIES) throw error;
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
      for (;;) {
        const { vm, version, durable } = this.tip ?? (await this.load());
        const position = await durable.catch(() => undefined);
        if (position !== undefined) return { vm, version, position };
      }
    } finally {
      this.inFlight--;
    }
  }

  private async once(submission: Submission): Promise<Answer> {
    const { command: asked, ifMatch } = submission;
    const past = 'asOf' in asked && asked.asOf !== undefined ? await this.asOf(asked.asOf) : undefined;
    while (this.tip === undefined) await this.load();

    const { vm: before, version: current } = this.tip;
    if (before === undefined && asked.type !== 'create_vm') throw new UnknownVm(this.id);
    if (ifMatch && !ifMatch.includes(current)) throw new VersionMismatch(this.id, current);
    const time = this.timeAfter(before);
    const command = withFacts(asked, { time, random: this.world.random, digester });
    const decision = decide(before, command, past);
    if (decision.malformed) throw new MalformedCommand(decision.malformed.field, decision.malformed.message);

    const version = current + 1;
    const durable = this.carryOut({ ...submission, command }, decision, time);
    const kept = this.isDue(version, decision) ? this.tip.vm && fork(this.tip.vm) : undefined;
    const position = await durable;
    // A snapshot that could not be kept costs time, never truth.
    if (kept) this.history.keep(kept, position).catch(() => undefined);
    return { vm: this.id, version, position, decision };
  }

  /** The time of the record after a VM's last one, in milliseconds since 1970: now, but never before that one. */
  private timeAfter(vm: Vm | undefined): number {
    return Math.max(this.world.now().getTime(), vm ? Date.parse(vm.ledger.updatedAt) : 0);
  }

  /** Makes the decision's state the tip and sends its record to the journal. */
  private carryOut(submission: Submission, decision: Decision, at: number): Promise<number> {
    const { run, tip } = this;
    if (tip === undefined) throw new Error('the lane was not loaded');
    this.tip = undefined;
    const version = tip.version + 1;
    const time = new Date(at).toISOString();
    const vm = applyEntry(tip.vm, { vm: this.id, version, time, events: decision.events });
    const draft = this.draft(submission, { vm, version, time, decision });
    const durable = this.journal.append(draft).then(
      ({ position }) => position,
      (error: unknown) => this.forget(run, error),
    );
    this.settled = durable.catch(() => undefined);
    this.tip = { vm, version, durable };
    return durable;
  }

  private isDue(version: number, { events }: Decision): boolean {
    for (const event of events) if ('data' in event) this.stored += event.data.length;
    if (version % SNAPSHOT_RECORDS !== 0 && this.stored < SNAPSHOT_BYTES) return false;
    this.stored = 0;
    return true;
  }

  private draft(
    { command, actor, requestId }: Submission,
    { vm, version, time, decision }: { vm: Vm | undefined; version: number; time: string; decision: Decision },
  ): Draft {
    const state = vm && stateDigest(vm, digester);
    const record = { vm: this.id, version, time, actor, requestId, model: MODEL, command, decision, state };
    const divided = split(record, digester);
    const salts = divided.bulk.map(() => this.world.random(SALT_SIZE));
    const { head, tail } = seal(divided, salts, digester);
    const data = divided.bulk.map(({ role, bytes }, i) => ({ role, bytes, salt: salts[i] ?? new Uint8Array() }));
    const frames = touchedFrames(command, decision.events);
    const index = { type: command.type, ret: decision.ret, actor, time: Date.parse(time), ...(frames && { frames }) };
    return { vm: this.id, version, head, tail, data, index };
  }

  private async asOf(version: number): Promise<Vm> {
    const now = await this.view();
    if (now.vm === undefined) throw new UnknownVm(this.id);
    const past = await this.history.load(this.id, version);
    if (past.vm === undefined || past.version !== version) {
      throw new UnknownVersion(this.id, 'version', `the VM has no version ${version}`);
    }
    return past.vm;
  }

  private async load(): Promise<Tip> {
    this.loading ??= this.read().finally(() => (this.loading = undefined));
    await this.loading;
    return this.tip ?? this.load();
  }

  private async read(): Promise<void> {
    await this.settled;
    const { vm, version, position } = await this.history.load(this.id);
    this.run = {};
    this.tip = { vm, version, durable: Promise.resolve(position) };
  }

  /** After a failed append: nothing that was decided upon it counts, and all of it fails for the first one's reason. */
  private forget(run: Run, error: unknown): never {
    run.failure ??= error;
    if (this.run === run) this.tip = undefined;
    throw run.failure;
  }
}
