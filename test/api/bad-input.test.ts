import { deflateSync, gzipSync } from 'node:zlib';
import { Api } from './support/api.js';
import { badData } from './support/bad-data.js';
import { badPaths } from './support/bad-paths.js';
import { JSON_HEADERS, MEMOP, OCTETS } from './support/bad-request.js';

/** What zod writes of itself. */
const LIBRARY = /: (?:Invalid (?:input|option|key|value|string|number)|Too (?:small|big)|Unrecognized key)|expected /;

describe('what is not a command', () => {
  let api: Api;
  let head: number;
  beforeAll(async () => {
    api = await Api.start();
    await api.machine('m');
    head = await api.head();
  });
  afterAll(() => api.close());

  it.each([...badData, ...badPaths])('%s is a problem that says so, and is not recorded', async (_what, request) => {
    const { method = 'POST', path, body, headers = {}, status = 400, names } = request;
    const response =
      body === undefined
        ? await api.raw(method, path, request.raw, headers)
        : await api.raw(method, path, JSON.stringify(body), { ...JSON_HEADERS, ...headers });
    const problem = (await response.json()) as Record<string, unknown>;
    expect(problem).toMatchObject({ status, type: expect.stringMatching(/^urn:vmledger:problem:[a-z-]+$/) as unknown });
    expect(problem['detail']).toContain(names);
    expect(problem['instance']).toBe(path.split('?')[0]);
    expect(problem['title']).not.toBe('');
    if (status === 400) {
      const [first] = problem['errors'] as { field: string; message: string }[];
      expect(problem['detail']).toBe(`${first?.field}: ${first?.message}`);
      expect(problem['detail']).not.toMatch(LIBRARY);
    }
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('x-request-id')).toMatch(/^[\w.-]+$/);
    expect(await api.head()).toBe(head);
  });

  it('lists everything that is wrong, field by field', async () => {
    const { body } = await api.call('POST', MEMOP, { op: 'peek', size: 'x', gaddr: -1, more: 0 });
    const errors = body['errors'] as { field: string }[];
    expect(errors.map(({ field }) => field)).toEqual(['op', 'gaddr', 'size', 'more']);
  });

  it('takes 100 characters in a part of the path', async () => {
    expect((await api.raw('GET', `/v1/vms/${'x'.repeat(100)}`)).status).toBe(400);
    expect((await api.raw('GET', `/v1/vms/${'x'.repeat(101)}`)).status).toBe(414);
  });

  it.each([
    [
      'compressed octets',
      'PUT',
      '/v1/vms/m/memory?gpa=0',
      gzipSync('guest'),
      { ...OCTETS, 'content-encoding': 'gzip' },
    ],
    ['compressed JSON', 'POST', MEMOP, deflateSync('{}'), { ...JSON_HEADERS, 'content-encoding': 'Deflate' }],
  ])('does not take %s for what they seem', async (_what, method, path, bytes, headers) => {
    const { status, headers: told } = await api.raw(method, path, bytes, headers);
    expect([status, told.get('accept-encoding')]).toEqual([415, 'identity']);
    expect(await api.head()).toBe(head);
    expect((await api.raw(method, path, '', { ...headers, 'content-encoding': 'identity' })).status).toBe(400);
  });

  it('tells which methods a path takes', async () => {
    const response = await api.raw('PATCH', '/v1/vms');
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD, POST');
  });

  it('never made the service fail', () => expect(api.log).toEqual([]));
});
