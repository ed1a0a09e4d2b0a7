import fc from 'fast-check';
import { JSON_DEPTH_MAX, JSON_VALUES_MAX, excessOf } from '../../../src/api/http/json-excess.js';

const excess = (text: string) => excessOf(new TextEncoder().encode(text));

/** How deep a value is nested, and how many elements, members and containers it has. */
function measure(value: unknown): { depth: number; values: number } {
  if (typeof value !== 'object' || value === null) return { depth: 0, values: 0 };
  const inner = Object.values(value).map(measure);
  const own = 1 + Math.max(0, inner.length - 1);
  return {
    depth: 1 + Math.max(0, ...inner.map(({ depth }) => depth)),
    values: inner.reduce((sum, { values }) => sum + values, own),
  };
}

describe('what a JSON text has too much of', () => {
  it.each<[string, string]>([
    ['as deep as the limit', '['.repeat(JSON_DEPTH_MAX) + ']'.repeat(JSON_DEPTH_MAX)],
    ['as deep as the limit, twice', `[${`${'{"a":'.repeat(31)}1${'}'.repeat(31)},`.repeat(2)}1]`],
    ['brackets in a string', `"${'[{'.repeat(40)}"`],
    ['brackets behind an escaped quote', `"\\"${'['.repeat(40)}"`],
    ['brackets behind a character of many bytes', `"\u{1f600}${'['.repeat(40)}"`],
    ['brackets in a name', `{"${'['.repeat(40)}":1}`],
    ['as many values as the limit', `[${'1,'.repeat(JSON_VALUES_MAX - 1)}1]`],
    ['commas in a string', `"${','.repeat(JSON_VALUES_MAX + 1)}"`],
    ['a string without an end', `"${'['.repeat(40)}\\`],
  ])('nothing: %s', (_what, text) => expect(excess(text)).toBeUndefined());

  it.each<[string, string, string]>([
    ['levels', '['.repeat(JSON_DEPTH_MAX + 1), 'nested deeper than 32'],
    ['levels of objects', '{"":'.repeat(JSON_DEPTH_MAX + 1), 'nested deeper than 32'],
    ['levels behind a string that ends in a backslash', `["\\\\",${'['.repeat(JSON_DEPTH_MAX)}`, 'nested deeper'],
    ['levels that never end', '['.repeat(8 * 1024 * 1024), 'nested deeper'],
    ['values', `[${'1,'.repeat(JSON_VALUES_MAX)}1]`, 'more than 262144 values'],
    ['empty objects', `[${'{},'.repeat(JSON_VALUES_MAX / 2)}1]`, 'more than 262144 values'],
  ])('%s', (_what, text, message) => expect(excess(text)).toContain(message));

  it('is found in the text as it would be in the value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.nat({ max: 36 }), (value, wraps) => {
        const text = '['.repeat(wraps) + JSON.stringify(value) + ']'.repeat(wraps);
        const { depth, values } = measure(JSON.parse(text));
        expect(values).toBeLessThanOrEqual(JSON_VALUES_MAX);
        expect(excess(text) !== undefined).toBe(depth > JSON_DEPTH_MAX);
      }),
    );
  });
});
