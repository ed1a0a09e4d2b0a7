import { touchedElsewhere } from '../../domain/audit/touched-elsewhere.js';
import { applyEntry } from '../../domain/vm/folds/apply.js';
import { decide } from '../../domain/vm/decide.js';
import type { Peers } from '../../domain/vm/decider.js';
import type { Decision } from '../../domain/vm/decision.js';
import { among } from '../../domain/vm/peers.js';
import { type Vm, fork } from '../../domain/vm/state.js';
import { withFacts } from '../../domain/vm/folds/with-facts.js';
import { digester } from '../digester.js';
import type { Draft, Journal, StoredRecord } from '../journal/journal.js';
import type { CommandMeter } from '../metrics/meters.js';
import type { World } from '../world.js';
import { type Counterparts, draftOf } from './draft.js';
import { MalformedCommand, UnknownVm, VersionMismatch } from './errors.js';
import type { History } from './history.js';
import { SnapshotSchedule } from './snapshot-schedule.js';
import { StreamEnd, type Tip } from './stream-end.js';
import type { Answer, Submission } from './submission.js';
import type { Tokens } from './tokens.js';

/** What scribes have in common. */
export interface Office {
  readonly journal: Journal;
  readonly history: History;
  readonly world: World;
  readonly tokens: Tokens;
  readonly meter: CommandMeter | undefined;
}

/** A record that was decided, and the state that it leads to. */
interface Entry {
  readonly by: Scribe;
  readonly vm: Vm | undefined;
  readonly version: number;
  readonly draft: Draft;
  /** The state to keep a snapshot of, if it is time for one. */
  readonly kept: Vm | undefined;
}

/** What was decided on a command: its record, and those of its counterparts. */
interface Decided {
  readonly decision: Decision;
  readonly entries: readonly Entry[];
}

/** Scribes of other VMs, by these. */
export type Scribes = ReadonlyMap<string, Scribe>;

/** Decides commands on the end of one VM's stream, and has their records written. */
export class Scribe {
  readonly end: StreamEnd;
  private readonly schedule = new SnapshotSchedule();

  constructor(
    private readonly id: string,
    private readonly office: Office,
  ) {
    this.end = new StreamEnd(id, office.history);
  }

  /** The VM at the end of its stream, durable or not; undefined where it is to be read from the journal, or there is none. */
  get vm(): Vm | undefined {
    return this.end.tip?.vm;
  }

  /**
   * Decides a command, and answers once its record is durable. By the time that this returns its promise, the state that the
   * command leads to is the end of the stream, and its record is on its way.
   *
   * @param tip the end of the stream as it is now
   * @param past the VM as of the version that the command asks for, if it does
   * @param others the scribes of the VMs that have to do with the command, on whose streams nothing else happens
   * @throws UnknownVm, VersionMismatch, MalformedCommand: nothing was recorded; JournalError: nothing is in the journal
   */
  async write(tip: Tip, submission: Submission, past: Vm | undefined, others: Scribes): Promise<Answer> {
    const { decision, entries } = this.decide(tip, submission, past, others);
    const position = await append(entries, this.office.journal);
    entries.forEach(({ kept, draft: { index } }, i) => {
      this.office.meter?.recorded(index.type, index.ret);
      // A snapshot that could not be kept costs time, never truth.
      if (kept) this.office.history.keep(kept, position + i).catch(() => undefined);
    });
    return { vm: this.id, version: entries[0]?.version ?? 0, position, decision };
  }

  private decide(tip: Tip, submission: Submission, past: Vm | undefined, others: Scribes): Decided {
    const { command: asked, ifMatch } = submission;
    const peers = statesOf(others);
    const before = tip.vm && among(tip.vm, peers);
    if (before === undefined && asked.type !== 'create_vm') throw new UnknownVm(this.id);
    if (ifMatch && !ifMatch.includes(tip.version)) throw new VersionMismatch(this.id, tip.version);
    const time = Math.max(this.timeAfter(), ...[...others.values()].map((other) => other.timeAfter()));
    const command = withFacts(asked, { time, random: this.office.world.random, digester }, before);
    const decision = decide(before, command, past, peers);
    if (decision.malformed) throw new MalformedCommand(decision.malformed.field, decision.malformed.message);

    const counterparts = (decision.counterparts ?? []).map(({ vm }, i) => ({ vm, step: i + 1 }));
    const own = this.enter({ ...submission, command }, { decision, time, before, peers, counterparts });
    const theirs = (decision.counterparts ?? []).map((counterpart, i) => {
      const other = others.get(counterpart.vm);
      if (other === undefined) throw new Error(`${counterpart.vm} is not at hand`);
      return other.follow(
        { ...submission, ...counterpart, present: undefined },
        { time, by: this.id, step: -1 - i, states: { own, peers } },
      );
    });
    return { decision, entries: [own, ...theirs] };
  }

  /** Decides what another VM's command asks of this one. */
  private follow(submission: Submission, { time, by, step, states: { own, peers } }: Following): Entry {
    const states: Peers = own.vm === undefined ? peers : new Map([...peers, [by, own.vm]]);
    const before = this.vm && among(this.vm, states);
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
    const draft = draftOf(submission, { vm, version, time, decision, counterparts, elsewhere }, this.office.world);
    this.office.tokens.learn(this.id, at, decision.events);
    return {
      by: this,
      vm,
      version,
      draft,
      kept: vm && this.schedule.isDue(vm, version, decision) ? fork(vm) : undefined,
    };
  }

  /** The time of the record after the VM's last one, in milliseconds since 1970: now, but never before that one. */
  private timeAfter(): number {
    const { vm } = this;
    return Math.max(this.office.world.now().getTime(), vm ? Date.parse(vm.ledger.updatedAt) : 0);
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

const NO_PEERS: Peers = new Map();

/** The VMs of scribes. */
export const statesOf = (scribes: Scribes): Peers =>
  scribes.size === 0 ? NO_PEERS : new Map([...scribes].flatMap(([id, { vm }]) => (vm === undefined ? [] : [[id, vm]])));

/** Sends records to the journal as one; answers the position of the first. */
function append(entries: readonly Entry[], journal: Journal): Promise<number> {
  const drafts = entries.map(({ draft }) => draft);
  const [only] = drafts;
  const appended: Promise<readonly StoredRecord[]> =
    drafts.length === 1 && only ? journal.append(only).then((record) => [record]) : journal.appendTogether(drafts);
  const positions = entries.map(({ by, vm, version }, i) =>
    by.end.advance(
      vm,
      version,
      appended.then((all) => all[i]?.position ?? 0),
    ),
  );
  return positions[0] ?? Promise.resolve(0);
}
