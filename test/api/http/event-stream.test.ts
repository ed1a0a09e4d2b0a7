import { once } from 'node:events';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { type Following, HEARTBEAT, eventStream, readableEvents } from '../../../src/api/http/event-stream.js';
import { Followers } from '../../../src/infra/followers/followers.js';
import { MemoryJournal } from '../../../src/infra/journal/memory-journal.js';
import { honest } from '../../infra/journal/drafts.js';
import { EventParser } from '../../support/events.js';

describe('the text of an event stream', () => {
  let journal: MemoryJournal;
  let followers: Followers;
  let stop: AbortController;
  beforeEach(() => {
    journal = new MemoryJournal();
    followers = new Followers(journal);
    stop = new AbortController();
  });
  afterEach(() => followers.close());

  const stream = (query: object = {}, heartbeat = 60_000) =>
    eventStream(followers, { query: { after: 0, ...query }, signal: stop.signal, heartbeat });
  const pieceOf = async (pieces: AsyncGenerator<string>) => (await pieces.next()).value as string;
  const append = async (count: number, text = '', vm = 'a') => {
    for (let i = 0; i < count; i++)
      await journal.append(honest(vm, (await journal.streamHead(vm)).version + 1, { text }));
  };

  it('begins with when to come again, and from where', async () => {
    expect(await pieceOf(stream({ after: 7 }))).toBe('retry: 1000\nid: 7\n\n');
  });

  it('has comments while there is nothing', async () => {
    const pieces = stream({}, 10);
    await pieces.next();
    expect(await pieceOf(pieces)).toBe(':\n\n');
    expect(await pieceOf(pieces)).toBe(':\n\n');
  });

  it('has them every 15 seconds', async () => {
    const asked: number[] = [];
    const next: Following['next'] = (query, { patience }) => {
      asked.push(patience);
      stop.abort();
      return Promise.resolve({ records: [], upTo: query.after });
    };
    for await (const _ of eventStream({ next }, { query: { after: 0 }, signal: stop.signal }));
    expect([HEARTBEAT, asked.length]).toEqual([15_000, 1]);
    expect(asked[0]).toBeGreaterThan(0);
    expect(asked[0]).toBeLessThanOrEqual(HEARTBEAT);
  });

  it('says how far it is while nothing matches, once', async () => {
    await append(5);
    const pieces = stream({ vm: 'b' }, 10);
    await pieces.next();
    expect(await pieceOf(pieces)).toBe('id: 5\n\n');
    expect(await pieceOf(pieces)).toBe(':\n\n');
    await append(1);
    expect(await pieceOf(pieces)).toBe('id: 6\n\n');
  });

  it('comes in pieces of a bounded length, with nothing between them lost', async () => {
    await append(40, 'x'.repeat(20_000));
    await append(400);
    const parser = new EventParser();
    const ids: number[] = [];
    const lengths: number[] = [];
    // A heartbeat comes once there is nothing more.
    for await (const piece of stream({}, 10)) {
      if (piece === ':\n\n') break;
      lengths.push(piece.length);
      ids.push(...parser.push(piece).map(({ id }) => Number(id)));
    }
    expect(ids).toEqual(Array.from({ length: 440 }, (_, i) => i + 1));
    expect(Math.max(...lengths)).toBeLessThan(32 * 1024 + 21_000);
    expect(lengths.length).toBeLessThan(60);
  });

  it('ends when it is told to', async () => {
    const pieces = stream();
    await pieces.next();
    const next = pieces.next();
    stop.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it('is left at once when its reader leaves', async () => {
    const waiting: AbortSignal[] = [];
    const next: Following['next'] = (query, { signal, patience }) => {
      waiting.push(signal);
      return followers.next(query, { signal, patience });
    };
    const readable = readableEvents({ next }, { query: { after: 0 }, signal: stop.signal });
    await once(readable, 'readable');
    while (waiting.length === 0) await sleep(1);
    expect(waiting.map(({ aborted }) => aborted)).toEqual([false]);
    readable.destroy();
    await once(readable, 'close');
    expect(waiting.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it('is not made before its reader takes it', async () => {
    await append(100, 'x'.repeat(20_000));
    const next: Following['next'] = (query) => {
      if (query.after === 100) stop.abort();
      return journal.look(query);
    };
    const readable = readableEvents({ next }, { query: { after: 0 }, signal: stop.signal });
    await once(readable, 'readable');
    for (let i = 0; i < 200; i++) await setImmediate();
    expect(readable.readableLength).toBeLessThan(128 * 1024);
    const parser = new EventParser();
    const ids: number[] = [];
    for await (const piece of readable) ids.push(...parser.push(String(piece)).map(({ id }) => Number(id)));
    expect(ids).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  });

  it('breaks off when the journal fails', async () => {
    const next: Following['next'] = () => Promise.reject(new Error('broken'));
    const readable = readableEvents({ next }, { query: { after: 0 }, signal: stop.signal });
    readable.resume();
    const [error] = (await once(readable, 'error')) as [Error];
    expect(error.message).toBe('broken');
  });

  it('keeps texts of several lines on one', async () => {
    await append(1, 'a\nb\r\u2028"c"');
    const pieces = stream();
    await pieces.next();
    const [event] = new EventParser().push(await pieceOf(pieces));
    expect(JSON.parse(event?.data ?? '')).toMatchObject({ data: { command: { text: 'a\nb\r\u2028"c"' } } });
  });
});
