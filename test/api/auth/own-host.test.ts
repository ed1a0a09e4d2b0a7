import { request } from 'node:http';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Api } from '../support/api.js';

describe('a service without authentication', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
  });
  afterAll(() => api.close());

  async function statusWith(headers: Record<string, string>, path = '/v1/vms'): Promise<number | undefined> {
    const asked = request(`${api.url}${path}`, { headers }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  }

  it.each([
    ['127.0.0.1:8086', 200],
    ['localhost:8086', 200],
    ['LOCALHOST', 200],
    ['app.localhost:8086', 200],
    ['[::1]:8086', 200],
    ['vm-host:8086', 200],
    ['evil.example', 403],
    ['evil.example:8086', 403],
    ['127.0.0.1.evil.example', 403],
    ['localhost.evil.example', 403],
    ['evil.example.', 403],
    ['localhost.', 403],
  ])('is asked under the name %s: %i', async (host, status) => expect(await statusWith({ host })).toBe(status));

  it.each([
    ['http://localhost:8086', 'localhost:8086', 200],
    ['http://evil.example', 'localhost:8086', 403],
    ['https://localhost:9999', 'localhost:8086', 403],
    ['null', 'localhost:8086', 403],
  ])('is asked by a page of %s under %s: %i', async (origin, host, status) =>
    expect(await statusWith({ host, origin })).toBe(status),
  );

  it.each([
    ['none', '/v1/vms', 200],
    ['same-origin', '/v1/vms', 200],
    ['same-site', '/v1/vms', 403],
    ['cross-site', '/v1/vms', 403],
    ['cross-site', '/v1/vms/a/memslots/0/dirty-log', 403],
    ['cross-site', '/v1/nothing', 403],
    ['cross-site', '/docs', 200],
  ])('is asked by a browser without an Origin, from %s, for %s: %i', async (site, path, status) =>
    expect(await statusWith({ 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors' }, path)).toBe(status),
  );
});
