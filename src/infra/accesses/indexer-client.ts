import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { JournalError } from '../journal/journal.js';
import { journalError } from '../journal/sqlite-faults.js';
import { compiled } from '../project.js';
import { firstMessage } from '../first-message.js';
import type { IndexerOptions, IndexerReply, IndexerRequest } from './indexer-messages.js';

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: JournalError) => void;
}

/** The main thread's side of the thread that fills the index. */
export class IndexerClient {
  private readonly waiting = new Map<number, Waiting>();
  private asked = 0;
  private gone: JournalError | undefined;

  private constructor(
    private readonly worker: Worker,
    private readonly ended: () => void,
  ) {
    worker.on('message', (reply: IndexerReply) => this.take(reply));
    worker.on('error', (error) => this.fail(new JournalError('broken', String(error))));
    worker.on('exit', () => this.fail(new JournalError('closed')));
  }

  /**
   * @param ended told when the thread has ended, for whatever reason
   * @throws JournalError if one of the files cannot be opened
   */
  static async start(options: IndexerOptions, ended: () => void): Promise<IndexerClient> {
    const worker = new Worker(compiled('infra/accesses/indexer-thread.js'), { workerData: options });
    const first = (await firstMessage(worker)) as IndexerReply;
    if (first.type === 'not_opened') throw journalError(first.failure);
    return new IndexerClient(worker, ended);
  }

  /**
   * Settles once everything up to a position is in the index.
   *
   * @throws JournalError
   */
  reach(upTo: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.gone) {
        reject(this.gone);
        return;
      }
      const id = ++this.asked;
      this.waiting.set(id, { resolve, reject });
      this.post({ id, upTo });
    });
  }

  /** Has what is new indexed by and by. */
  goOn(): void {
    if (this.gone === undefined) this.post('go_on');
  }

  /** Ends the thread after the step that it is at. */
  async close(): Promise<void> {
    if (this.gone) return;
    const exit = once(this.worker, 'exit');
    this.post('close');
    await exit;
  }

  private post(request: IndexerRequest): void {
    this.worker.postMessage(request);
  }

  private take(reply: IndexerReply): void {
    if (reply.type !== 'reached') return;
    const waiting = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    if (reply.failure) waiting?.reject(journalError(reply.failure));
    else waiting?.resolve();
  }

  private fail(error: JournalError): void {
    if (this.gone === undefined) this.ended();
    this.gone ??= error;
    for (const { reject } of this.waiting.values()) reject(this.gone);
    this.waiting.clear();
  }
}
