import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { honest } from '../infra/journal/drafts.js';
import { EventClient } from '../support/events.js';
import { Api } from './support/api.js';

const READERS = 5;
const RECORDS = 250;
const text = 'x'.repeat(60_000);

describe('readers of the stream that do not read', () => {
  let api: Api;
  const sockets: Socket[] = [];
  beforeEach(async () => {
    api = await Api.start();
    sockets.length = 0;
    api.app.nest.getHttpServer().on('connection', (socket: Socket) => sockets.push(socket));
  });
  afterEach(() => api.close(false));

  /** Opens streams whose readers read nothing; far more than the system keeps for a connection is appended for them. */
  const stuckReaders = async (): Promise<EventClient[]> => {
    const open = () => EventClient.open(`${api.url}/v1/journal/stream?after=0`);
    const readers = await Promise.all(Array.from({ length: READERS }, open));
    for (const { response } of readers) response.pause();
    for (let version = 1; version <= RECORDS; version++)
      await api.service.journal.append(honest('giant', version, { text }));
    await sleep(100);
    return readers;
  };

  it('take no memory, hold up nobody, and get everything when they do', async () => {
    const readers = await stuckReaders();
    expect(sockets).toHaveLength(READERS);
    for (const { writableLength } of sockets) expect(writableLength).toBeLessThan(256 * 1024);
    for (const { bytes } of readers) expect(bytes).toBeLessThan((RECORDS * text.length) / 2);
    // What the connections did not take was not read from the journal.
    const positions = api.service.followers.positions();
    expect(positions).toHaveLength(READERS);
    for (const position of positions) expect(position).toBeLessThan(RECORDS);
    await api.machine('m');
    const head = await api.head();
    expect(head).toBe(RECORDS + 3);
    for (const reader of readers) {
      reader.response.resume();
      await reader.until(() => reader.events.length >= head);
      expect(reader.ids).toEqual(Array.from({ length: head }, (_, i) => i + 1));
      reader.close();
    }
  }, 60_000);

  it('do not keep a service that closes; those that read are ended in order', async () => {
    const readers = await stuckReaders();
    const reading = await EventClient.open(`${api.url}/v1/journal/stream`);
    await reading.until(() => reading.bytes > 0);
    await api.app.nest.close();
    expect(await reading.over).toBe(true);
    for (const { response } of readers) response.resume();
    expect(await Promise.all(readers.map(({ over }) => over))).toEqual(readers.map(() => false));
  }, 60_000);
});
