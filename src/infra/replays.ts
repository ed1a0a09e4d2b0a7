import { BehaviorSubject, type Observable, of } from 'rxjs';
import { type Erasure, covers, erasureIn } from '../domain/audit/erasable.js';
import { type RecordBody, counterpartsOf, parseBody } from '../domain/audit/record.js';
import { type LeftBy, digestsOf } from '../domain/audit/remains.js';
import { type Divergence, type Reruns, reexecute } from '../domain/audit/reexecute.js';
import { Breath } from './breath.js';
import { digester } from './digester.js';
import type { Journal } from './journal/journal.js';
import { UnknownVm } from './machines/errors.js';
import type { History } from './machines/history.js';
import { inOrder, recordsOf } from './machines/streams.js';
import type { World } from './world.js';

/** The state of a re-execution of recorded commands. */
export interface Replay {
  readonly id: string;
  /** The VM whose stream is replayed; every VM's if absent. */
  readonly vm?: string;
  readonly state: 'running' | 'done' | 'failed';
  readonly checked: number;
  /** Records that there were when the replay began; it checks these. */
  readonly total: number;
  /** Records among those checked of which an erasure left no more than the fold to check. */
  readonly erased: number;
  readonly divergences: readonly Divergence[];
  /** Why it failed, if it did. */
  readonly error?: string;
}

/** VMs that are looked up in one go. */
const STREAMS = 100;

/** Replays that are remembered once they are over. */
const MOST_KEPT = 100;

/** How many records were checked: of a group, and of the VM that it was taken in for. */
interface Counts {
  readonly records: Count;
  readonly own: Count;
}

interface Count {
  readonly checked: number;
  readonly erased: number;
}

const NONE: Count = { checked: 0, erased: 0 };

const plus = (one: Count, other: Count): Count => ({
  checked: one.checked + other.checked,
  erased: one.erased + other.erased,
});

type Tell = (checked: Counts, divergences: readonly Divergence[]) => void;

/** What came of VMs that were re-executed together. */
interface Group extends Counts {
  readonly vms: ReadonlySet<string>;
  readonly divergences: readonly Divergence[];
}

/**
 * Re-executes what the journal holds, VM by VM, each from its first record on, and reports what does not come out again.
 * VMs that share pages are re-executed together, in order of position. One replay runs at a time; others wait for their turn.
 */
export class Replays {
  private readonly replays = new Map<string, BehaviorSubject<Replay>>();
  private queue: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly journal: Journal,
    private readonly history: History,
    private readonly world: World,
  ) {}

  /**
   * Begins a replay of a VM's stream, or of the whole journal, up to what there is now.
   *
   * @throws UnknownVm
   */
  async start(vm?: string): Promise<Replay> {
    const head = await this.journal.head();
    const total = vm === undefined ? head : (await this.journal.streamHead(vm)).version;
    if (vm !== undefined && total === 0) throw new UnknownVm(vm);
    const id = this.world.newId();
    const replay: Replay = {
      id,
      ...(vm !== undefined && { vm }),
      state: 'running',
      checked: 0,
      total,
      erased: 0,
      divergences: [],
    };
    const subject = new BehaviorSubject(replay);
    this.replays.set(id, subject);
    this.forgetOld();
    this.queue = this.queue.then(() => this.run(subject, head));
    return replay;
  }

  get(id: string): Replay | undefined {
    return this.replays.get(id)?.value;
  }

  /** The replay now and at each step of its progress; completes when it is over, at once if it is over already. */
  progress(id: string): Observable<Replay> | undefined {
    const subject = this.replays.get(id);
    return subject && (subject.value.state === 'running' ? subject.asObservable() : of(subject.value));
  }

  /** Ends what is running, and waits for its end. */
  close(): Promise<void> {
    this.closed = true;
    return this.queue;
  }

  private async run(subject: BehaviorSubject<Replay>, head: number): Promise<void> {
    try {
      await this.check(subject, head);
      subject.next({ ...subject.value, state: 'done' });
    } catch (error) {
      subject.next({
        ...subject.value,
        state: 'failed',
        error: error instanceof Error ? error.message : String(error),
      });
    }
    subject.complete();
  }

  private async check(subject: BehaviorSubject<Replay>, head: number): Promise<void> {
    const { vm: one, total } = subject.value;
    const seen = new Set<string>();
    const found: Divergence[] = [];
    let done = NONE;
    const tell: Tell = ({ records, own }, divergences) => {
      const all = [...found, ...divergences].sort((a, b) => a.position - b.position);
      subject.next({ ...subject.value, ...plus(done, one === undefined ? records : own), divergences: all });
    };
    for await (const vm of this.vms(one)) {
      if (seen.has(vm)) continue;
      const group = await this.checkGroup(vm, head, tell);
      group.vms.forEach((member) => seen.add(member));
      found.push(...group.divergences);
      done = plus(done, one === undefined ? group.records : group.own);
    }
    tell({ records: NONE, own: NONE }, []);
    if (done.checked !== total) throw new Error(`${total} records were to be checked, and ${done.checked} were there`);
  }

  /** Re-executes a VM's stream, together with those of the VMs that it ever shared pages with. */
  private async checkGroup(vm: string, head: number, tell: Tell): Promise<Group> {
    const vms = new Set([vm]);
    for (;;) {
      const group = await this.tryGroup(vm, vms, head, tell);
      if (group) return group;
    }
  }

  /** As `checkGroup`; undefined if VMs came to the group on the way. */
  private async tryGroup(one: string, vms: Set<string>, head: number, tell: Tell): Promise<Group | undefined> {
    const breath = new Breath();
    const divergences: Divergence[] = [];
    const { size } = vms;
    let reruns: Reruns = new Map();
    let records = NONE;
    let own = NONE;
    for await (const record of inOrder([...vms].map((vm) => recordsOf(this.journal, vm, 0, head)))) {
      if (this.closed) throw new Error('the service is closing');
      const body = parseBody(record.bytes);
      for (const { vm } of counterpartsOf(body)) vms.add(vm);
      if (vms.size > size) return undefined;
      const step = await this.step(reruns, body);
      ({ reruns } = step);
      divergences.push(...step.divergences);
      const count = { checked: 1, erased: step.erased ? 1 : 0 };
      records = plus(records, count);
      if (record.vm === one) own = plus(own, count);
      if (await breath.take()) tell({ records, own }, divergences);
    }
    return { vms, divergences, records, own };
  }

  private async step(reruns: Reruns, body: RecordBody): Promise<ReturnType<typeof reexecute>> {
    const { vm, position, command } = body;
    const data = body.data ? await this.journal.data(position) : [];
    const bulk = new Map(data.map(({ role, salt, bytes: content }) => [role, { salt, bytes: content }]));
    const { asOf } = command;
    const past = typeof asOf === 'number' ? (await this.history.load(vm, asOf)).vm : undefined;
    return reexecute(reruns, { body, bulk, remains: await this.remains(body) }, past, digester);
  }

  /** What erasures left of a record, as far as they are ones that the journal knows of. */
  private async remains(body: RecordBody): Promise<LeftBy[]> {
    const all = await this.journal.remains(body.position);
    const known: LeftBy[] = [];
    for (const each of all) {
      const erasure = await this.erasure(each.erasure);
      if (erasure && (digestsOf(each).frames === undefined || covers(erasure, body))) known.push(each);
    }
    return known;
  }

  private async erasure(position: number): Promise<Erasure | undefined> {
    const [record] = await this.journal.read({ after: position - 1, limit: 1 });
    return record?.position === position ? erasureIn(parseBody(record.bytes)) : undefined;
  }

  private async *vms(one: string | undefined): AsyncGenerator<string> {
    if (one !== undefined) {
      yield one;
      return;
    }
    for (let after: string | undefined = ''; after !== undefined;) {
      const heads = await this.journal.streams(after, STREAMS);
      for (const { vm } of heads) yield vm;
      after = heads.length === STREAMS ? heads.at(-1)?.vm : undefined;
    }
  }

  private forgetOld(): void {
    for (const [id, subject] of this.replays) {
      if (this.replays.size <= MOST_KEPT) return;
      if (subject.value.state !== 'running') this.replays.delete(id);
    }
  }
}
