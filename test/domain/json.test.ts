import fc from 'fast-check';
import { base64, hex, toJson } from '../../src/domain/json.js';

describe('the JSON form of domain values', () => {
  it('bytes are base64, RFC 4648 section 4', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        (bytes) => base64(bytes) === Buffer.from(bytes).toString('base64'),
      ),
    );
  });

  it.each([
    [0n, '0x0'],
    [0xdeadbeefn, '0xdeadbeef'],
    [(1n << 64n) - 1n, '0xffffffffffffffff'],
    [16, '0x10'],
  ])('%d is %s', (value, text) => {
    expect(hex(value)).toBe(text);
  });

  it('bytes are what the encoder makes of them, wherever they are', () => {
    const value = { a: [new Uint8Array([1]), { b: new Map([[0, new Uint8Array(2)]]) }] };
    expect(toJson(value, (bytes) => `${bytes.length} bytes`)).toEqual({ a: ['1 bytes', { b: { '0': '2 bytes' } }] });
  });

  it('keeps what JSON has, and leaves out what is undefined', () => {
    const value = { a: 1, b: [2n, new Uint8Array([0])], c: new Map([[3, { d: null }]]), e: undefined, f: true, g: 'x' };
    expect(toJson(value)).toEqual({ a: 1, b: ['0x2', 'AA=='], c: { '3': { d: null } }, f: true, g: 'x' });
    expect('e' in (toJson(value) as object)).toBe(false);
  });
});
