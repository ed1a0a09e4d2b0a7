import { setImmediate } from 'node:timers/promises';
import { BehaviorSubject, type Observable } from 'rxjs';
import { parseBody } from '../domain/audit/record.js';
import { type Divergence, type Rerun, START, reexecute } from '../domain/audit/reexecute.js';
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

/** Records between two looks at what else there is to do. */
const BREATH = 20;

/** Replays that are remembered once they are over. */
const MOST_KEPT = 100;

/** Re-executes what the journal holds, from the first record on, and reports what does not come out again. */
export class Replays {
  private readonly replays = new Map<string, BehaviorSubject<Replay>>();
  private closed = false;

  constructor(
    private readonly journal: Journal,
    private readonly history: History,
    private readonly world: World,
  ) {}

  /**
   * Begins a replay of a VM's stream, or of the whole journal.
   *
   * @throws UnknownVm
   */
  async start(vm?: string): Promise<Replay> {
    const total = vm === undefined ? await this.journal.head() : (await this.journal.streamHead(vm)).version;
    if (vm !== undefined && total === 0) throw new UnknownVm(vm);
    const replay: Replay = {
      id: this.world.newId(),
      ...(vm !== undefined && { vm }),
      state: 'running',
      checked: 0,
      total,
      divergences: [],
    };
    const subject = new BehaviorSubject(replay);
    this.replays.set(replay.id, subject);
    this.forgetOld();
    void this.run(subject);
    return replay;
  }

  get(id: string): Replay | undefined {
    return this.replays.get(id)?.value;
  }

  /** The replay now and at each step of its progress; completes when it is over. */
  progress(id: string): Observable<Replay> | undefined {
    return this.replays.get(id)?.asObservable();
  }

  /** Ends what is running. */
  close(): void {
    this.closed = true;
  }

  private async run(subject: BehaviorSubject<Replay>): Promise<void> {
    try {
      await this.check(subject);
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

  private async check(subject: BehaviorSubject<Replay>): Promise<void> {
    const reruns = new Map<string, Rerun>();
    const divergences: Divergence[] = [];
    let checked = 0;
    for await (const record of this.records(subject.value)) {
      const found = await this.step(reruns, record);
      divergences.push(...found);
      if (++checked % BREATH === 0) {
        await setImmediate();
        subject.next({ ...subject.value, checked, divergences: [...divergences] });
      }
    }
    subject.next({ ...subject.value, checked, divergences });
  }

  private async step(reruns: Map<string, Rerun>, { vm, position, bytes }: StoredRecord): Promise<Divergence[]> {
    const body = parseBody(bytes);
    const data = body.data ? await this.journal.data(position) : [];
    const bulk = new Map(data.map(({ role, salt, bytes: content }) => [role, { salt, bytes: content }]));
    const { asOf } = body.command;
    const past = typeof asOf === 'number' ? (await this.history.load(vm, asOf)).vm : undefined;
    const { rerun, divergences } = reexecute(reruns.get(vm) ?? START, { body, bulk }, past, digester);
    reruns.set(vm, rerun);
    return divergences;
  }

  private async *records({ vm, total }: Replay): AsyncGenerator<StoredRecord> {
    let after = 0;
    for (let left = total; left > 0 && !this.closed;) {
      const page = await this.journal.read({ after, limit: Math.min(PAGE, left), ...(vm !== undefined && { vm }) });
      yield* page;
      left -= page.length;
      const last = page.at(-1);
      if (last === undefined) throw new Error(`the journal ends ${left} records early`);
      after = last.position;
    }
    if (this.closed) throw new Error('the service is closing');
  }

  private forgetOld(): void {
    for (const [id, subject] of this.replays) {
      if (this.replays.size <= MOST_KEPT) return;
      if (subject.value.state !== 'running') this.replays.delete(id);
    }
  }
}
