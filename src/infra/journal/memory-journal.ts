import { type Observable, Subject } from 'rxjs';
import type { LeftBy } from '../../domain/audit/remains.js';
import { passes } from './filters.js';
import {
  type BulkData,
  type Draft,
  type Erase,
  type Journal,
  JournalError,
  type JournalFault,
  type Look,
  type Query,
  type RecordIndex,
  type StoredRecord,
  type StreamHead,
  upToOf,
} from './journal.js';
import { filledBody } from './answer-store.js';
import { MemoryAnswerStore } from './memory-answer-store.js';
import { MAX_RECORD_BYTES, flawOfAll, leafHash, leafOf, recordOf } from './leaf.js';

interface Entry {
  readonly record: StoredRecord;
  readonly index: RecordIndex;
  data: readonly BulkData[];
  readonly remains: LeftBy[];
}

/** The journal without a file, for tests: the same answers, and nothing lasts. */
export class MemoryJournal implements Journal {
  private readonly entries: Entry[] = [];
  private readonly byVm = new Map<string, Entry[]>();
  private readonly feed = new Subject<StoredRecord>();
  readonly appended: Observable<StoredRecord> = this.feed.asObservable();
  readonly answers = new MemoryAnswerStore();
  private closed = false;

  async append(draft: Draft): Promise<StoredRecord> {
    const [record] = await this.appendTogether([draft]);
    return record as StoredRecord;
  }

  async appendTogether(drafts: readonly Draft[]): Promise<StoredRecord[]> {
    this.assertOpen();
    const flaw = flawOfAll(drafts);
    if (flaw !== undefined) throw new JournalError('broken', flaw);
    const data = drafts.map((draft) =>
      draft.data.map(({ role, salt, bytes }) => ({ role, salt: salt.slice(), bytes: bytes.slice() })),
    );
    // Like a real one, it answers in a later turn; appends keep their order.
    await Promise.resolve();
    const entries = drafts.map((draft, i) => this.entryOf(draft, this.entries.length + 1 + i, data[i] ?? []));
    drafts.forEach((draft, i) => this.keepAnswer(draft, entries[i]?.record.position ?? 0));
    drafts.forEach(({ erase }, i) => erase && this.erase(erase, entries[i]?.record.position ?? 0));
    for (const entry of entries) {
      this.entries.push(entry);
      const { vm } = entry.record;
      const stream = this.byVm.get(vm);
      if (stream) stream.push(entry);
      else this.byVm.set(vm, [entry]);
      this.feed.next(entry.record);
    }
    return entries.map(({ record }) => record);
  }

  async read(query: Query): Promise<StoredRecord[]> {
    this.assertOpen();
    const entries = query.vm === undefined ? this.entries : (this.byVm.get(query.vm) ?? []);
    const matching = entries.filter((entry) => passes(query, entry));
    return Promise.resolve(matching.slice(0, query.limit).map(({ record }) => record));
  }

  async look(query: Query): Promise<Look> {
    const records = await this.read(query);
    return { records, upTo: Math.max(query.after, upToOf(records, query.limit, this.entries.length)) };
  }

  async data(position: number): Promise<BulkData[]> {
    this.assertOpen();
    const data = this.entries[position - 1]?.data ?? [];
    return Promise.resolve([...data].sort((a, b) => (a.role < b.role ? -1 : 1)));
  }

  async remains(position: number): Promise<LeftBy[]> {
    this.assertOpen();
    return Promise.resolve([...(this.entries[position - 1]?.remains ?? [])]);
  }

  async sweep(): Promise<void> {
    this.assertOpen();
    return Promise.resolve();
  }

  async head(): Promise<number> {
    this.assertOpen();
    return Promise.resolve(this.entries.length);
  }

  async streamHead(vm: string): Promise<StreamHead> {
    this.assertOpen();
    return Promise.resolve(this.headOf(vm));
  }

  async streams(after: string, limit: number): Promise<StreamHead[]> {
    this.assertOpen();
    const vms = [...this.byVm.keys()].filter((vm) => vm > after).sort();
    return Promise.resolve(vms.slice(0, limit).map((vm) => this.headOf(vm)));
  }

  async health(): Promise<JournalFault | undefined> {
    return Promise.resolve(this.closed ? 'closed' : undefined);
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.resolve();
    this.feed.complete();
  }

  private entryOf(draft: Draft, position: number, data: readonly BulkData[]): Entry {
    const { vm, version, index } = draft;
    const at = this.headOf(vm).version;
    if (at !== version - 1) throw new JournalError('conflict', `${vm} is at version ${at}, not ${version - 1}`);
    if (draft.answer && this.answers.isTaken(draft.answer.request, index.time))
      throw new JournalError('conflict', `the key ${draft.answer.request.key} stands for an answer already`);
    const moved = draft.erase?.heads.find((head) => this.headOf(head.vm).version !== head.version);
    if (moved) throw new JournalError('conflict', `${moved.vm} is not at version ${moved.version}`);
    const leaf = leafOf(draft, position);
    const bytes = recordOf(leaf);
    if (bytes.length > MAX_RECORD_BYTES) throw new JournalError('broken', `a record of ${bytes.length} bytes`);
    return { record: { position, vm, version, bytes, leafHash: leafHash(leaf) }, index, data, remains: [] };
  }

  private erase({ pieces, remains, answers }: Erase, erasure: number): void {
    this.answers.erase(new Set(answers), erasure);
    for (const { position, role } of pieces) {
      const entry = this.entries[position - 1];
      if (entry) entry.data = entry.data.filter((piece) => piece.role !== role);
    }
    for (const each of remains) this.entries[each.position - 1]?.remains.push({ ...each, erasure });
  }

  private keepAnswer({ answer, index: { time } }: Draft, position: number): void {
    if (answer) this.answers.put({ ...answer, body: filledBody(answer, position), position }, time);
  }

  private headOf(vm: string): StreamHead {
    const last = this.byVm.get(vm)?.at(-1)?.record;
    return { vm, version: last?.version ?? 0, position: last?.position ?? 0 };
  }

  private assertOpen(): void {
    if (this.closed) throw new JournalError('closed');
  }
}
