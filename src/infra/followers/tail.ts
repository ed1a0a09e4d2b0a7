import { BehaviorSubject, type Subscription, endWith, filter, firstValueFrom, fromEvent, merge, timer } from 'rxjs';
import { parseBody } from '../../domain/audit/record.js';
import { type Filterable, passes } from '../journal/filters.js';
import {
  type Journal,
  type Look,
  type Query,
  type RecordIndex,
  type StoredRecord,
  upToOf,
} from '../journal/journal.js';

/** Most bytes of records that are remembered; more are forgotten down to half of it. */
const MOST_BYTES = 8 * 1024 * 1024;

/** Records that one look goes through. */
const STEP = 1024;

/** Bytes that a record takes beside its own. */
const OVERHEAD = 256;

/** A record of the tail; what filters look at is read from its bytes once, if ever. */
class Entry implements Filterable {
  private read: RecordIndex | undefined;

  constructor(readonly record: StoredRecord) {}

  get index(): RecordIndex {
    return (this.read ??= indexOf(this.record));
  }

  get size(): number {
    return this.record.bytes.length + OVERHEAD;
  }
}

/** What filters look at, without the guest frames: those are not in a record. */
function indexOf({ bytes }: StoredRecord): RecordIndex {
  const { command, outcome, actor, time } = parseBody(bytes);
  return { type: command.type, ret: outcome.ret, actor, time: Date.parse(time) };
}

/** The last records of the journal, kept in memory for all followers together. */
export class Tail {
  private entries: Entry[] = [];
  private size = 0;
  private readonly head = new BehaviorSubject(0);
  private readonly feed: Subscription;

  constructor(journal: Journal) {
    this.feed = journal.appended.subscribe({
      next: (record) => this.push(record),
      complete: () => this.head.complete(),
    });
  }

  /** What `journal.look` would answer; undefined if the tail does not reach back so far, or cannot tell. */
  look(query: Query): Look | undefined {
    const { after, limit, frames, touching } = query;
    const first = this.entries[0]?.record.position;
    if (first === undefined || after < first - 1 || frames || touching) return undefined;
    const start = after - first + 1;
    const end = Math.min(start + STEP, this.entries.length);
    const records: StoredRecord[] = [];
    for (let i = start; i < end && records.length < limit; i++) {
      const entry = this.entries[i];
      if (entry && passes(query, entry)) records.push(entry.record);
    }
    return { records, upTo: upToOf(records, limit, Math.max(after, first + end - 1)) };
  }

  /** Settles once a record after `position` was announced, after `patience` milliseconds, or at the signal's abort. */
  async beyond(position: number, patience: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const moved = this.head.pipe(
      filter((head) => head > position),
      endWith(Infinity),
    );
    await firstValueFrom(merge(moved, timer(patience), fromEvent(signal, 'abort')));
  }

  close(): void {
    this.feed.unsubscribe();
    this.head.complete();
  }

  private push(record: StoredRecord): void {
    if (record.position !== (this.entries.at(-1)?.record.position ?? NaN) + 1) this.forgetFirst(this.entries.length);
    const entry = new Entry(record);
    this.entries.push(entry);
    this.size += entry.size;
    if (this.size > MOST_BYTES) this.forgetHalf();
    this.head.next(record.position);
  }

  private forgetHalf(): void {
    let size = this.size;
    let count = 0;
    while (size > MOST_BYTES / 2) size -= this.entries[count++]?.size ?? size;
    this.forgetFirst(count);
  }

  private forgetFirst(count: number): void {
    for (const { size } of this.entries.splice(0, count)) this.size -= size;
  }
}
