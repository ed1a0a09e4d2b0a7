import { CSV, JSON_TYPE, OCTETS, TEXT, accepted, preferred } from '../../../src/api/http/accept.js';

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

describe('Accept, where there is a form for it or none', () => {
  it.each([
    [undefined, JSON_TYPE],
    ['', JSON_TYPE],
    ['*/*', JSON_TYPE],
    ['application/*', JSON_TYPE],
    ['text/*', CSV],
    ['text/plain', TEXT],
    ['text/*, text/csv;q=0', TEXT],
    ['text/html, */*;q=0.1', JSON_TYPE],
    ['*/*, application/json;q=0', CSV],
    ['text/csv;q=0.2, text/plain;q=0.3', TEXT],
    ['Text/CSV; header=present', CSV],
    ['application/json, text/csv', JSON_TYPE],
    ['image/png', undefined],
    ['application/json;q=0', undefined],
    ['text/csv;q=x', undefined],
  ])('%s is answered as %s', (accept, type) => {
    const request = { id: '', method: 'GET', url: '/', headers: { accept } };
    const form = () => accepted(request, [JSON_TYPE, CSV, TEXT]);
    if (type === undefined) expect(form).toThrow('this can be had as application/json, text/csv, text/plain');
    else expect(form()).toBe(type);
  });
});
