import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { unshared } from './answer-store.js';
import { compiled } from '../project.js';
import { firstMessage } from '../first-message.js';
import type { JournalMeter } from '../metrics/meters.js';
import type { SqliteOptions } from './connection.js';
import { type BulkData, type Draft, JournalError, type StoredRecord } from './journal.js';
import { leafOf, recordOf } from './leaf.js';
import { journalError } from './sqlite-faults.js';
import type { Committed, DraftRow, Job, Reply, Request } from './writer-messages.js';

interface Waiting {
  readonly draft: Draft;
  /** When the append was called. */
  readonly since: number;
  readonly resolve: (record: StoredRecord) => void;
  readonly reject: (error: JournalError) => void;
}

interface JobWaiting {
  readonly resolve: () => void;
  readonly reject: (error: JournalError) => void;
}

/** In buffers of its own, since a thread is sent the whole buffer that a view is of. */
const copyOf = ({ role, salt, bytes }: BulkData): BulkData => ({
  role,
  salt: Uint8Array.from(salt),
  bytes: Uint8Array.from(bytes),
});

const rowOf = ({ vm, version, head, tail, holes, data, answer, index, erase }: Draft, together = 0): DraftRow => [
  vm,
  version,
  head,
  tail,
  index.time,
  index.ret,
  index.type,
  index.actor,
  index.frames?.first ?? null,
  index.frames?.last ?? null,
  data.length === 0 ? undefined : data.map(copyOf),
  holes,
  together,
  index.elsewhere,
  answer && unshared(answer),
  erase,
];

/** What appends to a journal's file. */
export type Writer = Pick<WriterClient, 'append' | 'appendTogether' | 'run' | 'close'>;

const unwritable = (): Promise<never> => Promise.reject(new JournalError('readonly'));

/** The writer of a file that is only read. */
export const NO_WRITER: Writer = {
  append: unwritable,
  appendTogether: unwritable,
  run: unwritable,
  close: () => Promise.resolve(),
};

/** The main thread's side of the writer: drafts of one turn of the event loop go over together, answers come back in order. */
export class WriterClient {
  /** Drafts not yet sent, and those that are sent but not answered, oldest first. */
  private unsent: DraftRow[] = [];
  private waiting: Waiting[] = [];
  private readonly jobs = new Map<number, JobWaiting>();
  private jobsSent = 0;
  private gone: JournalError | undefined;

  private constructor(
    private readonly worker: Worker,
    private readonly committed: (records: readonly StoredRecord[]) => void,
    private readonly meter: JournalMeter | undefined,
  ) {
    worker.on('message', (reply: Reply) => this.take(reply));
    worker.on('error', (error) => this.fail(new JournalError('broken', String(error))));
    worker.on('exit', () => this.fail(new JournalError('closed')));
  }

  /**
   * Starts the thread and waits until it has opened the file.
   *
   * @param committed told of each transaction's records, in order, before their appends are answered
   * @throws JournalError if the file cannot be opened for writing, or would not be durable
   */
  static async start(
    options: SqliteOptions,
    committed: (records: readonly StoredRecord[]) => void,
    meter?: JournalMeter,
  ): Promise<WriterClient> {
    const worker = new Worker(compiled('infra/journal/writer.js'), { workerData: options });
    const first = (await firstMessage(worker)) as Reply;
    if (first.type === 'not_opened') throw journalError(first.failure);
    return new WriterClient(worker, committed, meter);
  }

  append(draft: Draft, together = 0): Promise<StoredRecord> {
    return new Promise((resolve, reject) => {
      if (this.gone) {
        reject(this.gone);
        return;
      }
      if (this.unsent.length === 0) setImmediate(() => this.send());
      this.unsent.push(rowOf(draft, together));
      this.waiting.push({ draft, since: performance.now(), resolve, reject });
    });
  }

  /** Drafts of one call are sent in one message, so the writer never has a part of them. */
  appendTogether(drafts: readonly Draft[]): Promise<StoredRecord[]> {
    return Promise.all(drafts.map((draft, i) => this.append(draft, i === 0 ? drafts.length - 1 : 0)));
  }

  /** Has a job done after the appends and jobs that were asked for before. */
  run(job: Job): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.gone) {
        reject(this.gone);
        return;
      }
      const id = ++this.jobsSent;
      this.jobs.set(id, { resolve, reject });
      this.send();
      this.post({ id, job });
    });
  }

  /** Ends the thread once all that was asked for is done. */
  async close(): Promise<void> {
    if (this.gone) return;
    this.send();
    this.post('close');
    await once(this.worker, 'exit');
  }

  private send(): void {
    if (this.unsent.length > 0) this.post(this.unsent);
    this.unsent = [];
  }

  private post(request: Request): void {
    this.worker.postMessage(request);
  }

  private take(reply: Reply): void {
    if (reply.type === 'committed') this.settle(reply.committed);
    if (reply.type !== 'job_done') return;
    const job = this.jobs.get(reply.id);
    this.jobs.delete(reply.id);
    if (reply.failure) job?.reject(journalError(reply.failure));
    else job?.resolve();
  }

  /** Announces a transaction's records, then answers its appends. */
  private settle({ count, first, leafHashes, refused }: Committed): void {
    const settled = this.waiting.splice(0, count);
    const accepted = refused.size === 0 ? settled : settled.filter((_, i) => !refused.has(i));
    const records = accepted.map(({ draft }, i) => ({
      position: first + i,
      vm: draft.vm,
      version: draft.version,
      bytes: recordOf(leafOf(draft, first + i)),
      leafHash: leafHashes.subarray(i * 32, i * 32 + 32),
    }));
    if (this.meter) this.measure(records.length, settled);
    if (records.length > 0) this.committed(records);
    accepted.forEach(({ resolve }, i) => resolve(records[i] as StoredRecord));
    for (const [i, failure] of refused) settled[i]?.reject(journalError(failure));
  }

  private measure(records: number, settled: readonly Waiting[]): void {
    const now = performance.now();
    this.meter?.committed(
      records,
      settled.map(({ since }) => now - since),
    );
  }

  /** The thread is gone: whoever waits will get no other answer. */
  private fail(error: JournalError): void {
    this.gone ??= error;
    for (const { reject } of [...this.waiting.splice(0), ...this.jobs.values()]) reject(this.gone);
    this.jobs.clear();
  }
}
