import { once } from 'node:events';
import type { Server } from 'node:http';
import { JournalError } from '../../src/infra/journal/journal.js';
import { Api, base64 } from './support/api.js';
import { connected } from './support/raw.js';

const MEMOP = '/v1/vms/m/memop';
const BODY = JSON.stringify({ op: 'absolute_write', gaddr: 0, size: 5, data: base64('hello') });

describe('a first request that comes to nothing', () => {
  let api: Api;
  let free: () => void = () => undefined;
  let held: Promise<void>;
  let reached: Promise<void>;

  /** Holds the first command until it is freed; it fails then, if it is to. */
  const hold = (failure?: Error): void => {
    held = new Promise((resolve) => (free = resolve));
    const { machines } = api.service;
    const submit = machines.submit.bind(machines);
    reached = new Promise((resolve) => {
      machines.submit = async (submission) => {
        machines.submit = submit;
        resolve();
        await held;
        if (failure) throw failure;
        return submit(submission);
      };
    });
  };

  beforeEach(async () => {
    api = await Api.start();
    await api.machine('m');
  });
  afterEach(() => api.close());

  const send = async () => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'racing' };
    const response = await api.raw('POST', MEMOP, BODY, headers);
    return {
      status: response.status,
      replayed: response.headers.get('idempotency-replayed'),
      text: await response.text(),
    };
  };
  /** Duplicates that are sent and have arrived. */
  const duplicates = async (count: number) => {
    const server: Server = api.app.nest.getHttpServer();
    let arrived = 0;
    const all = new Promise<void>((resolve) => {
      server.on('request', (request) =>
        request.on('end', () => {
          if (++arrived === count) setImmediate(resolve);
        }),
      );
    });
    const answers = Array.from({ length: count }, send);
    await all;
    return answers;
  };

  it.each([
    ['a journal that is busy', new JournalError('busy'), 503],
    ['an error', new Error('broken'), 500],
  ])(
    'by %s is not given to its duplicates: one of them happens, and the others get its answer',
    async (_what, failure, status) => {
      hold(failure);
      const head = await api.head();
      const first = send();
      await reached;
      const others = await duplicates(8);
      free();
      expect(await first).toMatchObject({ status, replayed: null });
      const answers = await Promise.all(others);
      expect(answers.map((answer) => answer.status)).toEqual(Array(8).fill(200));
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
      expect(answers.filter(({ replayed }) => replayed === null)).toHaveLength(1);
      expect(await api.head()).toBe(head + 1);
    },
  );

  it('since its client is gone still happens once, and its duplicates get the answer', async () => {
    hold();
    const head = await api.head();
    const socket = await connected(api.url);
    const lines = [
      'Host: x',
      'Content-Type: application/json',
      'Idempotency-Key: racing',
      `Content-Length: ${BODY.length}`,
    ];
    socket.write(`POST ${MEMOP} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${BODY}`);
    await reached;
    socket.destroy();
    await once(socket, 'close');
    const others = await duplicates(2);
    free();
    const answers = [...(await Promise.all(others)), await send()];
    expect(answers.map(({ status, replayed }) => [status, replayed])).toEqual(Array(3).fill([200, 'true']));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await api.head()).toBe(head + 1);
  });

  it('since its body never came leaves its duplicates alone', async () => {
    const head = await api.head();
    const socket = await connected(api.url);
    const lines = ['Host: x', 'Content-Type: application/json', 'Idempotency-Key: racing', 'Content-Length: 100'];
    socket.write(`POST ${MEMOP} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n{`);
    expect(await send()).toMatchObject({ status: 200, replayed: null });
    socket.destroy();
    expect(await send()).toMatchObject({ status: 200, replayed: 'true' });
    expect(await api.head()).toBe(head + 1);
  });
});
