import type { HttpRequest } from '../../../src/api/http/http.js';
import { traceIdOf, traceOf } from '../../../src/api/http/trace-context.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const VALID = `00-${TRACE}-${PARENT}-01`;

const requestOf = (headers: HttpRequest['headers']): HttpRequest => ({ id: 'r', method: 'GET', url: '/', headers });
const stateOf = (tracestate: string | string[]) => traceOf(requestOf({ traceparent: VALID, tracestate }))?.tracestate;

describe('traceparent', () => {
  it.each([
    ['sampled', VALID, VALID],
    ['not sampled', `00-${TRACE}-${PARENT}-00`, `00-${TRACE}-${PARENT}-00`],
    ['of a random id', `00-${TRACE}-${PARENT}-03`, `00-${TRACE}-${PARENT}-03`],
    ['with flags that nobody knows', `00-${TRACE}-${PARENT}-fd`, VALID],
    ['of a higher version', `cc-${TRACE}-${PARENT}-01`, VALID],
    ['of a higher version that goes on', `cc-${TRACE}-${PARENT}-01-what-the-future-brings`, VALID],
    ['of a higher version that ends with a dash', `cc-${TRACE}-${PARENT}-01-`, VALID],
  ])('%s is kept as version 00 writes it', (_what, text, kept) => {
    expect(traceOf(requestOf({ traceparent: text }))).toEqual({ traceparent: kept });
    expect(traceIdOf(requestOf({ traceparent: text }))).toBe(TRACE);
  });

  it.each([
    ['nothing', ''],
    ['version ff', `ff-${TRACE}-${PARENT}-01`],
    ['capital letters', `00-${TRACE.toUpperCase()}-${PARENT}-01`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${PARENT}-01`],
    ['a parent id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['a short trace id', `00-${TRACE.slice(1)}-${PARENT}-01`],
    ['a short parent id', `00-${TRACE}-${PARENT.slice(1)}-01`],
    ['short flags', `00-${TRACE}-${PARENT}-1`],
    ['no flags', `00-${TRACE}-${PARENT}`],
    ['version 00 that goes on', `${VALID}-more`],
    ['version 00 that ends with a dash', `${VALID}-`],
    ['a higher version that goes on without a dash', `cc-${TRACE}-${PARENT}-01.more`],
    ['a short version', `0-${TRACE}-${PARENT}-01`],
    ['no hexadecimal digits', `00-${TRACE.replace('a', 'g')}-${PARENT}-01`],
    ['two of them', `${VALID}, ${VALID}`],
  ])('%s counts as none, and takes the tracestate with it', (_what, traceparent) => {
    expect(traceOf(requestOf({ traceparent, tracestate: 'a=1' }))).toBeUndefined();
    expect(traceIdOf(requestOf({ traceparent }))).toBeUndefined();
  });

  it('is undefined where there is none', () => expect(traceOf(requestOf({ tracestate: 'a=1' }))).toBeUndefined());
});

describe('tracestate', () => {
  it.each<[string, string | string[], string]>([
    ['one member', 'a=1', 'a=1'],
    ['several', 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE', 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'],
    ['spaces and tabs around members', ' a=1 ,\tb=2\t', 'a=1,b=2'],
    ['empty members', 'a=1,,b=2,', 'a=1,b=2'],
    ['two headers', ['a=1', 'b=2'], 'a=1,b=2'],
    ['a tenant', '1a-_*/@v-_*/=x', '1a-_*/@v-_*/=x'],
    ['spaces in a value', 'a=b c', 'a=b c'],
    [
      'every character that a value may have',
      'a=!"#$%&\'()*+-./:;<>?@[\\]^_`{|}~',
      'a=!"#$%&\'()*+-./:;<>?@[\\]^_`{|}~',
    ],
    ['a key of 256 characters', `a${'b'.repeat(255)}=1`, `a${'b'.repeat(255)}=1`],
    ['a value of 256 characters', `a=${'b'.repeat(256)}`, `a=${'b'.repeat(256)}`],
  ])('with %s is kept', (_what, given, kept) => expect(stateOf(given)).toBe(kept));

  it.each<[string, string]>([
    ['nothing', ''],
    ['commas alone', ' ,, '],
    ['a key without a value', 'a=1,b='],
    ['no key', '=1'],
    ['no equals sign', 'a'],
    ['two equals signs', 'a=1=2'],
    ['a capital letter in a key', 'A=1'],
    ['a key that begins with a digit', '1a=1'],
    ['a key twice', 'a=1,b=2,a=3'],
    ['what is not ASCII', 'a=é'],
    ['a tab in a value', 'a=b\tc'],
    ['a key of 257 characters', `a${'b'.repeat(256)}=1`],
    ['a value of 257 characters', `a=${'b'.repeat(257)}`],
    ['a vendor of 15 characters', `a@${'v'.repeat(15)}=1`],
    ['a tenant of 242 characters', `${'a'.repeat(242)}@v=1`],
    ['33 members', Array.from({ length: 33 }, (_, i) => `a${i}=1`).join()],
  ])('with %s is left out, and the traceparent stays', (_what, tracestate) =>
    expect(traceOf(requestOf({ traceparent: VALID, tracestate }))).toEqual({ traceparent: VALID }),
  );

  it('of 32 members is kept', () => {
    const members = Array.from({ length: 32 }, (_, i) => `a${i}=1`).join();
    expect(stateOf(members)).toBe(members);
  });

  it('of more than 512 characters loses long members first, then those at its end', () => {
    const long = `long=${'x'.repeat(200)}`;
    const members = Array.from({ length: 10 }, (_, i) => `k${i}=${'y'.repeat(60)}`);
    const kept = stateOf([long, ...members].join());
    expect(kept).toBe(members.slice(0, 8).join());
    expect((kept?.length ?? 0) + 64 > 512 && (kept?.length ?? 0) <= 512).toBe(true);
    expect(stateOf(['a=1', long, `b=${'x'.repeat(200)}`, `c=${'x'.repeat(200)}`].join())).toBe('a=1');
    expect(stateOf([`b=${'x'.repeat(200)}`, `c=${'x'.repeat(200)}`, `d=${'x'.repeat(200)}`].join())).toBeUndefined();
  });
});
