import { queryInteger } from '../../../src/api/http/query-integer.js';

const shape = queryInteger(1, 1000);

describe('an integer of a query', () => {
  it.each([
    ['1', 1],
    ['007', 7],
    ['1000', 1000],
  ])('%s is %i', (text, value) => expect(shape.parse(text)).toBe(value));

  it.each(['', ' ', ' 1', '1 ', '+1', '-1', '1.0', '1e0', '1e3', '0x1', '0b1', '1_0', 'x', 'Infinity', '\u0661'])(
    '"%s" is none',
    (text) => expect(shape.safeParse(text).error?.issues).toMatchObject([{ message: 'must be a decimal number' }]),
  );

  it.each([undefined, ['1', '2'], null, true])('%p is none', (value) =>
    expect(shape.safeParse(value).success).toBe(false),
  );

  it.each(['0', '1001', '9007199254740993', '9999999999999999', '10000000000000000'])('%s is out of bounds', (text) =>
    expect(shape.safeParse(text).success).toBe(false),
  );

  it('has no bound but that of exact numbers if none is named', () => {
    expect(queryInteger(0).parse('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
    expect(queryInteger(0).safeParse('9007199254740992').success).toBe(false);
  });
});
