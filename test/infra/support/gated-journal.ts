import type { Observable } from 'rxjs';
import type { LeftBy } from '../../../src/domain/audit/remains.js';
import {
  type BulkData,
  type Draft,
  type Journal,
  JournalError,
  type JournalFault,
  type Look,
  type Query,
  type StoredRecord,
  type StreamHead,
} from '../../../src/infra/journal/journal.js';
import { MemoryJournal } from '../../../src/infra/journal/memory-journal.js';

/** A journal in memory whose appends can be held back and made to fail, and whose reads are counted. */
export class GatedJournal implements Journal {
  private readonly inner = new MemoryJournal();
  private gate: Promise<void> = Promise.resolve();
  private release: () => void = () => undefined;
  private readonly faults: (JournalFault | undefined)[] = [];
  private order: Promise<unknown> = Promise.resolve();
  recordsRead = 0;
  dataRead = 0;
  readonly appended: Observable<StoredRecord> = this.inner.appended;

  /** Appends wait until `open` is called. */
  hold(): void {
    this.gate = new Promise((resolve) => (this.release = resolve));
  }

  open(): void {
    this.release();
  }

  /** What the next appends come to: a fault, or undefined for success. */
  next(...faults: (JournalFault | undefined)[]): void {
    this.faults.push(...faults);
  }

  append(draft: Draft): Promise<StoredRecord> {
    return this.gated(() => this.inner.append(draft));
  }

  appendTogether(drafts: readonly Draft[]): Promise<StoredRecord[]> {
    return this.gated(() => this.inner.appendTogether(drafts));
  }

  private gated<Answer>(append: () => Promise<Answer>): Promise<Answer> {
    const { gate } = this;
    const appended = this.order.then(async () => {
      await gate;
      const fault = this.faults.shift();
      if (fault !== undefined) throw new JournalError(fault);
      return append();
    });
    this.order = appended.catch(() => undefined);
    return appended;
  }

  async read(query: Query): Promise<StoredRecord[]> {
    const records = await this.inner.read(query);
    this.recordsRead += records.length;
    return records;
  }

  look(query: Query): Promise<Look> {
    return this.inner.look(query);
  }

  data(position: number): Promise<BulkData[]> {
    this.dataRead++;
    return this.inner.data(position);
  }

  remains(position: number): Promise<LeftBy[]> {
    return this.inner.remains(position);
  }

  sweep(): Promise<void> {
    return this.inner.sweep();
  }

  head(): Promise<number> {
    return this.inner.head();
  }

  streamHead(vm: string): Promise<StreamHead> {
    return this.inner.streamHead(vm);
  }

  streams(after: string, limit: number): Promise<StreamHead[]> {
    return this.inner.streams(after, limit);
  }

  health(): Promise<JournalFault | undefined> {
    return this.inner.health();
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
