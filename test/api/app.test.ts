import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { REQUEST_TIMEOUT } from '../../src/api/app.js';
import { BODY_MAX, BULK_MAX } from '../../src/api/http/body-parsers.js';
import { Api } from './support/api.js';
import { answerOf, connected, exchange } from './support/raw.js';

const JSON_HEADERS = { 'content-type': 'application/json' };

describe("a request's size", () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
  });
  afterAll(() => api.close());

  const BULK = [
    'PUT /v1/vms/:vm/memory',
    'POST /v1/vms/:vm/memop',
    'POST /v1/vms/:vm/memop/batch',
    'POST /v1/vms/:vm/vcpus/:vcpu/memop',
    'POST /v1/vms/:vm/vcpus/:vcpu/memop/batch',
    'POST /v1/vms/:vm/vcpus/:vcpu/translate/batch',
    'PUT /v1/vms/:vm/storage-keys',
    'PUT /v1/vms/:vm/cmma',
  ];

  it('may be bulk where bulk data is taken, and nowhere else', async () => {
    const routes = api.app.routes.routes().filter((route) => /^(?:POST|PUT|PATCH|DELETE) /.test(route));
    const bulk: string[] = [];
    for (const route of routes) {
      const [method = '', path = ''] = route.split(' ');
      const size = BODY_MAX + 1;
      const { status } = await api.raw(
        method,
        path.replaceAll(/:\w+/g, '0'),
        `"${'x'.repeat(size - 2)}"`,
        JSON_HEADERS,
      );
      if (status !== 413) bulk.push(route);
    }
    expect(bulk.sort()).toEqual([...BULK].sort());
  });

  it.each([
    ['/v1/vms', BODY_MAX],
    ['/v1/vms/m/memop', BULK_MAX],
  ])('may be as much as its limit: %s, %i', async (path, most) => {
    const sized = (size: number) => api.raw('POST', path, `"${'x'.repeat(size - 2)}"`, JSON_HEADERS);
    expect((await sized(most)).status).toBe(400);
    expect((await sized(most + 1)).status).toBe(413);
  });

  it('has a time in which to arrive', () => {
    expect(api.app.nest.getHttpServer().requestTimeout).toBe(REQUEST_TIMEOUT);
    expect(REQUEST_TIMEOUT).toBe(60_000);
  });
});

describe('an application that closes', () => {
  it('serves what still comes on a connection with a request under way, then closes that', async () => {
    const api = await Api.start();
    const socket = await connected(api.url);
    const all = text(socket);
    const head = 'POST /v1/vms HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n';
    const server = api.app.nest.getHttpServer();
    const begun = once(server, 'request');
    socket.write(`${head}{"arch":`);
    await begun;
    const closed = api.close();
    while (server.listening) await setImmediate();
    socket.write('"s390x"}GET /v1/vms HTTP/1.1\r\nHost: x\r\n\r\n');
    const [, first = '', second = ''] = (await all).split('HTTP/1.1 ');
    expect(answerOf(`HTTP/1.1 ${first}`).status).toBe(201);
    const last = answerOf(`HTTP/1.1 ${second}`);
    expect([last.status, last.headers['connection']]).toEqual([200, 'close']);
    expect(JSON.parse(last.body)).toHaveProperty('items');
    await closed;
    await expect(exchange(api.url, '')).rejects.toThrow('ECONNREFUSED');
  });
});
