import { BehaviorSubject, type Observable, of } from 'rxjs';
import { parseBody } from '../domain/audit/record.js';
import { type Divergence, type Rerun, START, reexecute } from '../domain/audit/reexecute.js';
import { Breath } from './breath.js';
import { digester } from './digester.js';
import type { Journal, StoredRecord } from './journal/journal.js';
import { UnknownVm } from './machines/errors.js';
import type { History } from './machines/history.js';
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
  readonly divergences: readonly Divergence[];
  /** Why it failed, if it did. */
  readonly error?: string;
}

const PAGE = 200;

/** VMs that are looked up in one go. */
const STREAMS = 100;

/** Replays that are remembered once they are over. */
const MOST_KEPT = 100;

/**
 * Re-executes what the journal holds, VM by VM, each from its first record on, and reports what does not come out again.
 * One replay runs at a time; others wait for their turn.
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
    const divergences: Divergence[] = [];
    const breath = new Breath();
    let checked = 0;
    for await (const vm of this.vms(subject.value.vm)) {
      let rerun = START;
      for await (const record of this.records(vm, head)) {
        const step = await this.step(rerun, record);
        rerun = step.rerun;
        divergences.push(...step.divergences);
        checked++;
        if (await breath.take()) subject.next({ ...subject.value, checked, divergences: [...divergences] });
      }
    }
    divergences.sort((a, b) => a.position - b.position);
    subject.next({ ...subject.value, checked, divergences });
    const { total } = subject.value;
    if (checked !== total) throw new Error(`${total} records were to be checked, and ${checked} were there`);
  }

  private async step(rerun: Rerun, { vm, position, bytes }: StoredRecord): Promise<ReturnType<typeof reexecute>> {
    const body = parseBody(bytes);
    const data = body.data ? await this.journal.data(position) : [];
    const bulk = new Map(data.map(({ role, salt, bytes: content }) => [role, { salt, bytes: content }]));
    const { asOf } = body.command;
    const past = typeof asOf === 'number' ? (await this.history.load(vm, asOf)).vm : undefined;
    return reexecute(rerun, { body, bulk }, past, digester);
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

  /** A VM's records up to a position of the journal. */
  private async *records(vm: string, head: number): AsyncGenerator<StoredRecord> {
    for (let afterVersion = 0; ;) {
      const page = await this.journal.read({ after: 0, limit: PAGE, vm, afterVersion });
      for (const record of page) {
        if (this.closed) throw new Error('the service is closing');
        if (record.position > head) return;
        yield record;
      }
      if (page.length < PAGE) return;
      afterVersion = page.at(-1)?.version ?? 0;
    }
  }

  private forgetOld(): void {
    for (const [id, subject] of this.replays) {
      if (this.replays.size <= MOST_KEPT) return;
      if (subject.value.state !== 'running') this.replays.delete(id);
    }
  }
}
