import { JSON_TYPE, OCTETS, preferred } from '../../src/api/accept.js';

describe('Accept', () => {
  it.each([
    [undefined, JSON_TYPE],
    ['', JSON_TYPE],
    ['*/*', JSON_TYPE],
    ['text/html', JSON_TYPE],
    ['application/octet-stream', OCTETS],
    ['Application/Octet-Stream', OCTETS],
    ['application/octet-stream, */*;q=0.1', OCTETS],
    ['application/json, application/octet-stream', JSON_TYPE],
    ['application/octet-stream;q=0.5, application/json', JSON_TYPE],
    ['application/json;q=0.2, application/octet-stream;q=0.9', OCTETS],
    ['application/octet-stream;q=0', JSON_TYPE],
    ['application/octet-stream;q=x', JSON_TYPE],
  ])('%s prefers %s', (accept, type) => {
    const request = { id: '', method: 'GET', url: '/', headers: { accept } };
    expect(preferred(request, [JSON_TYPE, OCTETS])).toBe(type);
  });
});
