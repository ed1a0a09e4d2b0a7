import { ifMatchOf } from '../../../src/api/http/if-match.js';
import { RequestProblem } from '../../../src/api/http/problem.js';

describe('If-Match (RFC 9110, 13.1.1)', () => {
  it.each<[string | undefined, boolean, readonly number[] | undefined]>([
    [undefined, false, undefined],
    [undefined, true, undefined],
    ['*', false, undefined],
    ['*', true, []],
    ['"7"', false, [7]],
    ['"7", "9"', false, [7, 9]],
    ['"7","9"', false, [7, 9]],
    ['W/"7"', false, []],
    ['W/"7", "8"', false, [8]],
    ['"other"', false, []],
    ['"07"', false, []],
    ['"0"', true, []],
  ])('%s, creating: %s, allows %j', (header, creates, versions) => {
    expect(ifMatchOf(header, creates)).toEqual(versions);
  });

  it.each(['', '7', '"7', '"7",', '"7" "8"', '*, "7"', 'w/"7"'])('%j is malformed', (header) => {
    expect(() => ifMatchOf(header)).toThrow(RequestProblem);
  });
});
