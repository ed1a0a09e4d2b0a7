import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { post } from '../../../src/infra/webhooks/post.js';
import { type Answering, Receiver } from '../../support/receiver.js';

const NEVER = new AbortController().signal;
const what = (url: string, timeout = 60_000) => ({
  url,
  headers: { 'x-test': '1' },
  body: '{"id":"1","text":"ü"}',
  timeout,
});

describe('a post', () => {
  let receiver: Receiver;
  beforeEach(async () => {
    receiver = await Receiver.start();
  });
  afterEach(() => receiver.close());

  it('sends headers and body as they are', async () => {
    expect(await post(what(`${receiver.url}/a?b=c`), NEVER)).toBeUndefined();
    const [received] = receiver.received;
    expect(received).toMatchObject({ path: '/a?b=c', body: '{"id":"1","text":"ü"}' });
    expect(received?.headers).toMatchObject({ 'x-test': '1', 'content-length': '22' });
  });

  it.each([200, 201, 202, 204, 299])('is taken by a status of %i', async (status) => {
    receiver.answer = status;
    expect(await post(what(receiver.url), NEVER)).toBeUndefined();
  });

  it.each([300, 304, 400, 401, 404, 410, 429, 500, 502, 503])('is not taken by a status of %i', async (status) => {
    receiver.answer = status;
    expect(await post(what(receiver.url), NEVER)).toEqual({ reason: `it was answered ${status}`, status });
  });

  it.each([301, 302, 303, 307, 308])('does not follow a redirect of status %i', async (status) => {
    receiver.answer = (response) => response.writeHead(status, { location: `${receiver.url}/elsewhere` }).end();
    expect(await post(what(receiver.url), NEVER)).toMatchObject({ status });
    await sleep(20);
    expect(receiver.received.map(({ path }) => path)).toEqual(['/']);
  });

  it.each([
    ['seconds', '120', 120_000],
    ['a date gone by', 'Sat, 31 Jan 2026 12:00:00 GMT', undefined],
    ['neither', 'soon', undefined],
  ])('tells when the receiver wants to be asked again: %s', async (_what, value, expected) => {
    receiver.answer = (response) => response.writeHead(503, { 'retry-after': value }).end();
    expect((await post(what(receiver.url), NEVER))?.retryAfter).toBe(expected);
  });

  it('tells when the receiver wants to be asked again: a date', async () => {
    const date = 'Fri, 31 Jan 2200 12:00:00 GMT';
    receiver.answer = (response) => response.writeHead(503, { 'retry-after': date }).end();
    const before = Date.now();
    const at = before + ((await post(what(receiver.url), NEVER))?.retryAfter ?? 0);
    expect(at).toBeLessThanOrEqual(Date.parse(date));
    expect(at).toBeGreaterThanOrEqual(Date.parse(date) - (Date.now() - before));
  });

  it.each<[string, Answering, string, number?]>([
    ['nothing', () => undefined, 'no answer within 0.1 seconds', 100],
    ['by closing the connection', (response) => response.destroy(), 'socket hang up'],
    ['with what is not HTTP', (response) => response.socket?.end('hello\r\n\r\n'), 'Parse Error'],
    [
      'with half a head',
      (response) => response.socket?.write('HTTP/1.1 200 OK\r\nx:'),
      'no answer within 0.1 seconds',
      100,
    ],
  ])('is not taken by who answers %s', async (_what, answer, reason, timeout) => {
    receiver.answer = answer;
    expect((await post(what(receiver.url, timeout), NEVER))?.reason).toContain(reason);
  });

  it('is not taken by who goes over to another protocol', async () => {
    receiver.answer = (response) =>
      response.socket?.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    expect(await post(what(receiver.url), NEVER)).toEqual({ reason: 'it was answered 101', status: 101 });
  });

  it.each<[string, number, Answering]>([
    ['never ends', 200, (response) => response.writeHead(200).write('x')],
    ['never ends, of a failure', 500, (response) => response.writeHead(500).write('x')],
    [
      'is endless',
      200,
      (response) => {
        response.writeHead(200);
        const more = (): void => {
          while (!response.destroyed && response.write('x'.repeat(10_000)));
        };
        response.on('drain', more).on('error', () => undefined);
        more();
      },
    ],
    [
      'is cut',
      200,
      (response) => {
        response.writeHead(200, { 'content-length': '100' }).write('x');
        setTimeout(() => response.destroy(), 10);
      },
    ],
  ])('counts the status of an answer whose body %s', async (_what, status, answer) => {
    receiver.answer = answer;
    // Where the machine is slow, the status itself may come too late.
    for (let timeout = 200; ; timeout *= 2) {
      const failure = await post(what(receiver.url, timeout), NEVER);
      if (failure?.reason.startsWith('no answer') && timeout < 20_000) continue;
      expect(failure?.status).toBe(status === 200 ? undefined : status);
      expect(failure?.reason).toBe(status === 200 ? undefined : `it was answered ${status}`);
      break;
    }
  });

  it('is not taken where nobody listens', async () => {
    expect((await post(what('http://127.0.0.1:9/'), NEVER))?.reason).toContain('ECONNREFUSED');
  });

  it('is not taken where there is no TLS', async () => {
    expect((await post(what(receiver.url.replace('http:', 'https:')), NEVER))?.reason).toMatch(/./);
  });

  it('ends when it is told to', async () => {
    receiver.answer = () => undefined;
    const stop = new AbortController();
    const posted = post(what(receiver.url), stop.signal);
    await receiver.until(1);
    stop.abort();
    expect((await posted)?.reason).toMatch(/abort/);
    expect((await post(what(receiver.url), stop.signal))?.reason).toMatch(/abort/);
  });

  it('is made again at once on a connection that was kept and has gone', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      const number = sockets.push(socket);
      let requests = 0;
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        if (!data.toString().startsWith('POST')) return;
        requests++;
        if (number === 1 && requests === 2) socket.resetAndDestroy();
        else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: keep-alive\r\n\r\n');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await post(what(url), NEVER)).toBeUndefined();
    await sleep(10);
    expect(await post(what(url), NEVER)).toBeUndefined();
    expect(sockets).toHaveLength(2);
    server.close();
    for (const socket of sockets) socket.destroy();
  });
});
