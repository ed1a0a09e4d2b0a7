import { type RecordBody, parseBody } from '../../domain/audit/record.js';
import type { Journal, StoredRecord } from '../journal/journal.js';

/** Records that are read in one go. */
const PAGE = 200;

/** A VM's records after a version, up to a position of the journal. */
export async function* recordsOf(
  journal: Journal,
  vm: string,
  afterVersion: number,
  upTo: number,
): AsyncGenerator<StoredRecord, undefined> {
  for (let after = afterVersion; ;) {
    const page = await journal.read({ after: 0, limit: PAGE, vm, afterVersion: after });
    for (const record of page) {
      if (record.position > upTo) return;
      yield record;
    }
    if (page.length < PAGE) return;
    after = page.at(-1)?.version ?? after;
  }
}

/** The records of several streams in order of position. */
export async function* inOrder(
  streams: readonly AsyncGenerator<StoredRecord, undefined>[],
): AsyncGenerator<StoredRecord, undefined> {
  const waiting = await Promise.all(streams.map(async (stream) => ({ stream, next: (await stream.next()).value })));
  for (;;) {
    let first: (typeof waiting)[number] | undefined;
    for (const each of waiting) if (each.next && each.next.position < (first?.next?.position ?? Infinity)) first = each;
    if (first?.next === undefined) return;
    yield first.next;
    first.next = (await first.stream.next()).value;
  }
}

/** The record of a VM's stream that made a version. */
export async function recordAt(journal: Journal, vm: string, version: number): Promise<StoredRecord | undefined> {
  const query = { after: 0, limit: 1, vm, afterVersion: version - 1, upToVersion: version };
  return (await journal.read(query))[0];
}

/** What that record says. */
export async function bodyAt(journal: Journal, vm: string, version: number): Promise<RecordBody | undefined> {
  const record = await recordAt(journal, vm, version);
  return record && parseBody(record.bytes);
}
