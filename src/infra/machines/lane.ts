import { touchedElsewhere } from '../../domain/audit/touched-elsewhere.js';
import { applyEntry } from '../../domain/vm/apply.js';
import type { Command } from '../../domain/vm/command.js';
import { withFacts } from '../../domain/vm/with-facts.js';
import { decide } from '../../domain/vm/decide.js';
import type { Peers } from '../../domain/vm/decider.js';
import type { Decision } from '../../domain/vm/decision.js';
import { among } from '../../domain/vm/peers.js';
import { type Vm, fork } from '../../domain/vm/state.js';
import { digester } from '../digester.js';
import { type Draft, type Journal, JournalError, type StoredRecord } from '../journal/journal.js';
import type { CommandMeter } from '../metrics/meters.js';
import type { World } from '../world.js';
import { concernedBy } from './concerned.js';
import { type Counterparts, draftOf } from './draft.js';
import { MalformedCommand, UnknownVersion, UnknownVm, VersionMismatch, isUnrecorded } from './errors.js';
import type { History, Past } from './history.js';
import type { Locks } from './locks.js';
import { SnapshotSchedule } from './snapshot-schedule.js';
import { StreamEnd, type Tip } from './stream-end.js';
import type { Answer, Submission } from './submission.js';
import type { Tokens } from './tokens.js';

/** What lanes have in common. */
export interface Street {
  readonly journal: Journal;
  readonly history: History;
  readonly world: World;
  readonly locks: Locks;
  readonly tokens: Tokens;
  readonly meter: CommandMeter | undefined;
  /** The lane of a VM; its caller must use it at once, since a lane that does nothing may be forgotten. */
  lane(vm: string): Lane;
}

/** Times that a command is decided anew after another writer of the same journal came first. */
const MOST_TRIES = 5;

/** A record that was decided, and the state that it leads to. */
interface Entry {
  readonly lane: Lane;
  readonly vm: Vm | undefined;
  readonly version: number;
  readonly draft: Draft;
  /** The state to keep a snapshot of, if it is time for one. */
  readonly kept: Vm | undefined;
}

/** A command that was decided, its record and those of its counterparts on their way to the journal. */
interface Decided {
  readonly decision: Decision;
  readonly entries: readonly Entry[];
  readonly position: Promise<number>;
}

type Lanes = ReadonlyMap<string, Lane>;

const NO_LANES: Lanes = new Map();
const NO_PEERS: Peers = new Map();
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
  private readonly end: StreamEnd;
  private readonly schedule = new SnapshotSchedule();
  private inFlight = 0;
  /** Settles when whoever holds the VM lets it go. */
  private gate: Promise<void> | undefined;

  constructor(
    private readonly id: string,
    private readonly street: Street,
  ) {
    this.end = new StreamEnd(id, street.history);
  }

  /** The VM as the lane has it, durable or not. */
  get state(): Vm | undefined {
    return this.end.tip?.vm;
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
      return await this.end.stand();
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
      await this.end.stand();
      return release;
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Has the state read from the journal again, where it is not the same any more. Only for who holds the VM. */
  forgetState(): void {
    this.end.forget();
  }

  private async once(submission: Submission): Promise<Answer> {
    const { command } = submission;
    const past = 'asOf' in command && command.asOf !== undefined ? await this.asOf(command.asOf) : undefined;
    for (let others = NO_ONE; ;) {
      const { tip } = this.end;
      if (this.gate && !submission.held) {
        await this.gate;
        continue;
      }
      if (tip === undefined) {
        await this.end.load();
        continue;
      }
      const concerned = others.size > 0 ? others : this.concerned(tip, command, NO_PEERS);
      if (concerned.size === 0) return this.answer(this.decideOn(tip, submission, past, NO_LANES));
      const answer = await this.together(submission, past, concerned);
      if ('decision' in answer) return answer;
      ({ others } = answer);
    }
  }

  private concerned({ vm }: Tip, command: Command, atHand: Peers): ReadonlySet<string> {
    return vm ? concernedBy(command, vm, atHand, this.street.tokens) : NO_ONE;
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
    const all = [this, ...lanes.values()];
    try {
      await Promise.all(all.map((lane) => lane.end.stand()));
      const { tip } = this.end;
      if (tip === undefined || all.some((lane) => lane.end.tip === undefined)) return { others };
      if (this.gate && !submission.held) return { others };
      const concerned = this.concerned(tip, submission.command, statesOf(lanes));
      if (concerned.size !== others.size || ![...concerned].every((id) => others.has(id))) return { others: concerned };
      return await this.answer(this.decideOn(tip, submission, past, lanes));
    } catch (error) {
      // What this VM stored in the pages of others is in their states, and may not be in the journal.
      if (!isUnrecorded(error)) for (const lane of all) lane.end.forget();
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

  /** Decides a command on a state. In the same step the state that it leads to is the lane's, and its record on its way. */
  private decideOn(tip: Tip, submission: Submission, past: Vm | undefined, lanes: Lanes): Decided {
    const { command: asked, ifMatch } = submission;
    const peers = statesOf(lanes);
    const before = tip.vm && among(tip.vm, peers);
    if (before === undefined && asked.type !== 'create_vm') throw new UnknownVm(this.id);
    if (ifMatch && !ifMatch.includes(tip.version)) throw new VersionMismatch(this.id, tip.version);
    const time = Math.max(this.timeAfter(), ...[...lanes.values()].map((lane) => lane.timeAfter()));
    const command = withFacts(asked, { time, random: this.street.world.random, digester }, before);
    const decision = decide(before, command, past, peers);
    if (decision.malformed) throw new MalformedCommand(decision.malformed.field, decision.malformed.message);

    const counterparts = (decision.counterparts ?? []).map(({ vm }, i) => ({ vm, step: i + 1 }));
    const own = this.enter({ ...submission, command }, { decision, time, before, peers, counterparts });
    const theirs = (decision.counterparts ?? []).map((counterpart, i) => {
      const lane = lanes.get(counterpart.vm);
      if (lane === undefined) throw new Error(`${counterpart.vm} is not at hand`);
      return lane.follow(
        { ...submission, ...counterpart, present: undefined },
        { time, by: this.id, step: -1 - i, states: { own, peers } },
      );
    });
    const entries = [own, ...theirs];
    return { decision, entries, position: this.append(entries) };
  }

  /** Decides what another VM's command asks of this one. */
  private follow(submission: Submission, { time, by, step, states: { own, peers } }: Following): Entry {
    const states: Peers = own.vm === undefined ? peers : new Map([...peers, [by, own.vm]]);
    const before = this.state && among(this.state, states);
    const decision = decide(before, submission.command, undefined, states);
    return this.enter(submission, { decision, time, before, peers: states, counterparts: [{ vm: by, step }] });
  }

  /** What a decision makes of the VM, and its record. The state before is used up. */
  private enter(submission: Submission, { decision, time: at, before, peers, counterparts }: Entering): Entry {
    const version = (this.end.tip?.version ?? 0) + 1;
    this.end.forget();
    const time = new Date(at).toISOString();
    const elsewhere = before ? touchedElsewhere(before, submission.command, decision.events, peers) : [];
    const vm = applyEntry(before, { vm: this.id, version, time, events: decision.events });
    const draft = draftOf(submission, { vm, version, time, decision, counterparts, elsewhere }, this.street.world);
    this.street.tokens.learn(this.id, at, decision.events);
    return {
      lane: this,
      vm,
      version,
      draft,
      kept: vm && this.schedule.isDue(vm, version, decision) ? fork(vm) : undefined,
    };
  }

  /** Sends records to the journal as one; answers the position of the first. */
  private append(entries: readonly Entry[]): Promise<number> {
    const drafts = entries.map(({ draft }) => draft);
    const [only] = drafts;
    const appended: Promise<readonly StoredRecord[]> =
      drafts.length === 1 && only
        ? this.street.journal.append(only).then((record) => [record])
        : this.street.journal.appendTogether(drafts);
    const positions = entries.map(({ lane, vm, version }, i) =>
      lane.end.advance(
        vm,
        version,
        appended.then((all) => all[i]?.position ?? 0),
      ),
    );
    return positions[0] ?? Promise.resolve(0);
  }

  private async answer({ decision, entries, position }: Decided): Promise<Answer> {
    const at = await position;
    entries.forEach(({ kept, draft: { index } }, i) => {
      this.street.meter?.recorded(index.type, index.ret);
      // A snapshot that could not be kept costs time, never truth.
      if (kept) this.street.history.keep(kept, at + i).catch(() => undefined);
    });
    return { vm: this.id, version: entries[0]?.version ?? 0, position: at, decision };
  }

  /** The time of the record after the VM's last one, in milliseconds since 1970: now, but never before that one. */
  private timeAfter(): number {
    const { state: vm } = this;
    return Math.max(this.street.world.now().getTime(), vm ? Date.parse(vm.ledger.updatedAt) : 0);
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

/** What a state is entered with. */
interface Entering {
  readonly decision: Decision;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly before: Vm | undefined;
  /** Other VMs that it has to do with. */
  readonly peers: Peers;
  readonly counterparts: Counterparts;
}

/** What a VM's part in the command of another one rests on. */
interface Following {
  readonly time: number;
  /** The VM of the command, and how many positions its record is behind this one's. */
  readonly by: string;
  readonly step: number;
  readonly states: { readonly own: Entry; readonly peers: Peers };
}

/** The states of VMs as their lanes have them. */
const statesOf = (lanes: Lanes): Peers =>
  lanes.size === 0
    ? NO_PEERS
    : new Map([...lanes].flatMap(([id, { state }]) => (state === undefined ? [] : [[id, state]])));
