import { Readable } from 'node:stream';
import { performance } from 'node:perf_hooks';
import { cloudEvent } from '../../infra/followers/cloud-event.js';
import type { Followers } from '../../infra/followers/followers.js';
import type { Query, StoredRecord } from '../../infra/journal/journal.js';

/** The media type of Server-Sent Events (HTML Living Standard, section 9.2). */
export const EVENT_STREAM = 'text/event-stream';

/** Milliseconds of silence after which a comment shows that the connection lives. */
export const HEARTBEAT = 15_000;

/** Milliseconds after which clients that lost the connection are to come again. */
const RETRY = 1000;

/** Characters after which a piece of the stream is long enough; more than one piece waits for no reader. */
const PIECE = 32 * 1024;

/** Most records that are asked for at a time. */
const MOST = 128;

const frame = (record: StoredRecord): string => `id: ${record.position}\ndata: ${cloudEvent(record)}\n\n`;

/** Records as one piece of the stream: as many as make it long enough. */
function pieceOf(records: readonly StoredRecord[]): { readonly text: string; readonly count: number } {
  let text = '';
  let count = 0;
  for (const record of records) {
    if (text.length >= PIECE) break;
    text += frame(record);
    count++;
  }
  return { text, count };
}

/** Who is asked for what comes next. */
export type Following = Pick<Followers, 'next'>;

/** What a stream is of, and how it lives. */
export interface EventStreamOptions {
  readonly query: Omit<Query, 'limit'>;
  /** Ends the stream. */
  readonly signal: AbortSignal;
  readonly heartbeat?: number;
}

/**
 * The text of a stream of records, piece by piece, each made when it is asked for: what was found and did not go into a piece
 * is forgotten and looked up again.
 *
 * It begins with the position that it starts from as an id without an event, so that a client which loses the connection before
 * the first event misses nothing. A heartbeat has the position of the last record that was looked at and doesn't match, so that
 * a client which comes again need not have it all looked at once more.
 */
export async function* eventStream(
  followers: Following,
  { query, signal, heartbeat = HEARTBEAT }: EventStreamOptions,
): AsyncGenerator<string> {
  let { after } = query;
  let told = after;
  let limit = MOST;
  let last = performance.now();
  yield `retry: ${RETRY}\nid: ${after}\n\n`;
  while (!signal.aborted) {
    const patience = Math.max(1, last + heartbeat - performance.now());
    const { records, upTo } = await followers.next({ ...query, after, limit }, { patience, signal });
    const { text, count } = pieceOf(records);
    after = count < records.length ? (records[count - 1]?.position ?? after) : upTo;
    if (text !== '') {
      limit = Math.min(MOST, 2 * count);
      told = records[count - 1]?.position ?? told;
      yield text;
    } else if (performance.now() - last >= heartbeat) {
      yield after > told ? `id: ${after}\n\n` : ':\n\n';
      told = after;
    } else continue;
    last = performance.now();
  }
}

/** As `eventStream`, for a response: it goes on as far as the client reads, and ends at the signal or when it is destroyed. */
export function readableEvents(followers: Following, { signal, ...options }: EventStreamOptions): Readable {
  const left = new AbortController();
  const end = (): void => left.abort();
  signal.addEventListener('abort', end);
  const pieces = eventStream(followers, { ...options, signal: left.signal });
  return new Readable({
    highWaterMark: PIECE,
    read() {
      pieces.next().then(
        ({ done, value }) => this.push(done ? null : value),
        (error: unknown) => this.destroy(error as Error),
      );
    },
    destroy(error, done) {
      signal.removeEventListener('abort', end);
      end();
      done(error);
    },
  });
}
