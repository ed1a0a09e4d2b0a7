import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import type { SentReply } from '../../../src/api/http/http.js';
import { partWithStuckReader } from '../../../src/api/http/stuck-reader.js';
import { eventually } from '../../support/eventually.js';
import { Api } from '../support/api.js';

const SIZE = 0x100_0000;

/** Of which no line of a hexdump is like the one before. */
const content = new Uint8Array(Uint32Array.from({ length: SIZE / 4 }, (_, i) => i).buffer);

describe('a reader that takes nothing of its answer', () => {
  let api: Api;

  beforeAll(async () => {
    api = await Api.start({}, { readerPatience: 100 });
    await api.done('POST', '/v1/vms', { id: 'm', arch: 's390x' });
    await api.done('PUT', '/v1/vms/m/memslots/0', { guestPhysAddr: 0, size: SIZE });
    const octets = { 'content-type': 'application/octet-stream' };
    expect((await api.raw('PUT', '/v1/vms/m/memory?gpa=0', content, octets)).status).toBe(200);
  });
  afterAll(() => api.close());

  it.each([
    ['octets', 'application/octet-stream'],
    ['JSON', 'application/json'],
    ['a hexdump, made as it is read', 'text/plain'],
  ])('loses its connection: %s', async (_, accept) => {
    const { hostname, port } = new URL(api.url);
    const server = api.app.nest.getHttpServer();
    const taken = once(server, 'connection') as Promise<[Socket]>;
    const reader = connect(Number(port), hostname);
    reader.pause();
    reader.write(`GET /v1/vms/m/memory?gpa=0&size=${SIZE} HTTP/1.1\r\nHost: ${hostname}\r\nAccept: ${accept}\r\n\r\n`);
    const [socket] = await taken;
    await once(socket, 'close');
    reader.destroy();
  });
});

describe('a reader of two answers, one after the other', () => {
  it('waits for the second as long as that takes', async () => {
    let go = (): void => undefined;
    const gone = new Promise<void>((resolve) => (go = resolve));
    const health = () => gone.then(() => undefined);
    const api = await Api.start({}, { readerPatience: 100 }, (service) => {
      const journal = Object.create(service.journal, { health: { value: health } }) as typeof service.journal;
      return { ...service, journal };
    });
    const { hostname, port } = new URL(api.url);
    const taken = once(api.app.nest.getHttpServer(), 'connection') as Promise<[Socket]>;
    const reader = connect(Number(port), hostname);
    let answers = '';
    reader.on('data', (piece) => (answers += String(piece)));
    const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\n`;
    reader.write(`${request('/healthz')}\r\n${request('/readyz')}Connection: close\r\n\r\n`);
    const [socket] = await taken;
    const closed = once(reader, 'close');
    await once(reader, 'data');
    await eventually(
      () => socket.timeout,
      (milliseconds) => milliseconds === 0,
    );
    go();
    await closed;
    expect(answers.match(/"status":"\w+"/g)).toEqual(['"status":"ok"', '"status":"ready"']);
    await api.close();
  });
});

describe('an answer that is on its way', () => {
  const sent = (type: string, writableLength: number) => {
    const seen: { patience?: number; silent?: () => void; destroyed: boolean } = { destroyed: false };
    const raw = {
      writableLength,
      setTimeout: (patience: number, silent: () => void) => Object.assign(seen, { patience, silent }),
      destroy: () => (seen.destroyed = true),
      prependOnceListener: () => undefined,
    };
    partWithStuckReader({ raw, getHeader: () => type } as unknown as SentReply, 7);
    return seen;
  };

  it('keeps a reader that has taken what there is', () => {
    const waiting = sent('text/csv', 0);
    waiting.silent?.();
    expect(waiting).toMatchObject({ patience: 7, destroyed: false });
    const stuck = sent('text/csv', 1);
    stuck.silent?.();
    expect(stuck).toMatchObject({ patience: 7, destroyed: true });
  });

  it('keeps readers of event streams, whatever they take', () => {
    expect(sent('text/event-stream', 1)).toEqual({ destroyed: false });
  });
});
