import { BACKOFF, delayOf } from '../../../src/infra/webhooks/backoff.js';

const LEAST = Uint8Array.of(0, 0, 0, 0);
const MOST = Uint8Array.of(255, 255, 255, 255);
const backoff = { first: 1000, longest: 60_000 };

describe('the delay after failures', () => {
  it.each([
    [1, 500, 1000],
    [2, 1000, 2000],
    [3, 2000, 4000],
    [6, 16_000, 32_000],
    [7, 30_000, 60_000],
    [100, 30_000, 60_000],
  ])('after %i is between %i and %i', (failures, least, most) => {
    expect(delayOf(backoff, failures, LEAST)).toBe(least);
    expect(Math.round(delayOf(backoff, failures, MOST))).toBe(most);
  });

  it.each([
    ['less than it is anyway', 100, 500],
    ['more', 5000, 5000],
    ['more than the longest', 1e9, 60_000],
  ])('is as long as the receiver asks for: %s', (_what, asked, expected) => {
    expect(delayOf(backoff, 1, LEAST, asked)).toBe(expected);
  });

  it('takes its random bytes from where they are', () => {
    expect(delayOf(backoff, 1, Uint8Array.of(255, 255, 0, 0, 0, 0).subarray(2))).toBe(500);
  });

  it('comes to more than a day before 20 attempts are over', () => {
    const delays = Array.from({ length: 19 }, (_, i) => delayOf(BACKOFF, i + 1, MOST));
    const hours = delays.reduce((sum, delay) => sum + delay, 0) / 3_600_000;
    expect(hours).toBeGreaterThan(24);
    expect(hours).toBeLessThan(48);
  });
});
