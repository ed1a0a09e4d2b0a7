import { time } from '../../../src/api/http/moment.js';

const NOON = Date.UTC(2026, 0, 31, 12);

describe('a time of a query', () => {
  it.each([
    ['2026-01-31T12:00:00Z', NOON],
    ['2026-01-31t12:00:00z', NOON],
    ['2026-01-31T13:30:00+01:30', NOON],
    ['2026-01-31T12:00:00.25Z', NOON + 250],
  ])('%s is RFC 3339', (text, milliseconds) => expect(time.parse(text)).toBe(milliseconds));

  it.each(['2026-01-31T12:00:00', '2026-01-31', '2026-02-30T12:00:00Z', '1769860800', 'now', ''])('%s is not', (text) =>
    expect(time.safeParse(text).error?.issues[0]?.message).toContain('RFC 3339'),
  );
});
