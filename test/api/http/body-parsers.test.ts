import { parseJson } from '../../../src/api/http/body-parsers.js';
import { JSON_DEPTH_MAX } from '../../../src/api/http/json-excess.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('a JSON body', () => {
  it('is read as it is', () =>
    expect(parseJson(bytes('{"a":["\u00e9",1,null,true]}'))).toEqual({ a: ['é', 1, null, true] }));
  it('is none where it is empty', () => expect(parseJson(bytes(''))).toBeUndefined());
  it('may be nested as deep as the limit', () =>
    expect(parseJson(bytes(nested(JSON_DEPTH_MAX)))).toEqual(JSON.parse(nested(JSON_DEPTH_MAX))));
  it('may hold an escaped character outside the basic plane', () =>
    expect(parseJson(bytes('"\\ud83d\\ude00"'))).toBe('😀'));

  it.each<[string, Uint8Array, string]>([
    ['truncated', bytes('{"a":'), 'is not JSON'],
    ['not UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 'is not UTF-8'],
    ['too deep', bytes(nested(JSON_DEPTH_MAX + 1)), 'nested deeper'],
    ['very deep', bytes(nested(1_000_000)), 'nested deeper'],
    ['with __proto__', bytes('{"a":{"__proto__":{}}}'), '__proto__'],
    ['with half a surrogate pair in a value', bytes('{"a":["\\ud83d"]}'), 'not Unicode'],
    ['with half a surrogate pair in a name', bytes('{"\\uDE00":1}'), 'not Unicode'],
  ])('is refused if it is %s', (_what, body, message) => {
    expect(() => parseJson(body)).toThrow(message);
  });
});
