import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { answerClientError } from '../../../src/api/http/client-error.js';
import { Api } from '../support/api.js';
import { type RawAnswer, exchange } from '../support/raw.js';

/** A problem in an answer that says what it is and how long, and that no other follows. */
function problemIn({ status, headers, body }: RawAnswer): Record<string, unknown> {
  expect(headers['content-type']).toBe('application/problem+json');
  expect(headers['content-length']).toBe(String(Buffer.byteLength(body)));
  expect(headers['connection']).toBe('close');
  const problem = JSON.parse(body) as Record<string, unknown>;
  expect(problem['status']).toBe(status);
  return problem;
}

describe('bytes that are no request', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
  });
  afterAll(() => api.close());

  const POST = 'POST /v1/vms HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';

  it.each<[string, string, number, string]>([
    ['a line that is not HTTP', 'hello\r\n\r\n', 400, 'malformed-request'],
    ['an unknown method', 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'malformed-request'],
    ['a header without a colon', 'GET / HTTP/1.1\r\nHost x\r\n\r\n', 400, 'malformed-request'],
    ['two lengths', `${POST}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 400, 'malformed-request'],
    [
      'a length beside chunks',
      `${POST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
      400,
      'malformed-request',
    ],
    ['a chunk without a size', `${POST}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`, 400, 'malformed-request'],
    ['20 KiB of headers', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_480)}\r\n\r\n`, 431, 'headers-too-large'],
    ['a path of 20 KiB', `GET /${'x'.repeat(20_480)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431, 'headers-too-large'],
    ['HTTP/1.1 without Host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'malformed-request'],
  ])('%s are answered with a problem', async (_what, bytes, status, kind) => {
    const answer = await exchange(api.url, bytes);
    const problem = problemIn(answer);
    expect([answer.status, problem['type']]).toEqual([status, `urn:vmledger:problem:${kind}`]);
    if (status === 400) expect(problem['errors']).toMatchObject([{ message: expect.stringMatching(/./) as unknown }]);
  });

  it('name Host where it is what is missing; HTTP/1.0 needs none', async () => {
    const { body } = await exchange(api.url, 'GET /v1/vms HTTP/1.1\r\nConnection: close\r\n\r\n');
    expect(JSON.parse(body)).toMatchObject({ detail: 'Host: is required', instance: '/v1/vms' });
    expect((await exchange(api.url, 'GET /healthz HTTP/1.0\r\n\r\n')).status).toBe(200);
  });

  it('never made the service fail', async () => {
    expect(await api.head()).toBe(0);
    expect(api.log).toEqual([]);
  });
});

describe('an error of a connection', () => {
  const answerTo = async (code: string): Promise<RawAnswer> => {
    const server = createServer((socket) => answerClientError(Object.assign(new Error('why'), { code }), socket));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const answer = await exchange(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, '');
    server.close();
    return answer;
  };

  it.each([
    ['ERR_HTTP_REQUEST_TIMEOUT', 408, 'request-timeout'],
    ['HPE_HEADER_OVERFLOW', 431, 'headers-too-large'],
    ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 413, 'payload-too-large'],
    ['HPE_INVALID_METHOD', 400, 'malformed-request'],
  ])('%s is answered with %i', async (code, status, kind) => {
    const answer = await answerTo(code);
    expect(answer.status).toBe(status);
    expect(problemIn(answer)).toMatchObject({
      type: `urn:vmledger:problem:${kind}`,
      detail: expect.stringContaining('why') as unknown,
    });
  });

  it('is not answered where nobody is there to read it', async () => {
    expect((await answerTo('ECONNRESET')).body).toBe('');
  });
});
