import { SELECTOR, hasLabels } from '../../../src/infra/access/labels.js';

const LABELS = { team: 'a', empty: '', odd: 'x=y' };

describe('a selector of labels', () => {
  it.each<[readonly string[], boolean]>([
    [[], true],
    [['team'], true],
    [['team=a'], true],
    [['team=b'], false],
    [['team='], false],
    [['empty'], true],
    [['empty='], true],
    [['odd=x=y'], true],
    [['odd=x'], false],
    [['other'], false],
    [['other='], false],
    [['constructor'], false],
    [['toString='], false],
    [['team=a', 'empty'], true],
    [['team=a', 'other'], false],
  ])('%j: %s', (selectors, expected) => expect(hasLabels(LABELS, selectors)).toBe(expected));

  it.each(['team', 'team=', 'team=a b', 'a/b.c_d-e=ü'])('can be %s', (text) => expect(SELECTOR.test(text)).toBe(true));
  it.each(['', '=a', '*', ' team', 'te am', 'x'.repeat(64), `a=${'x'.repeat(256)}`])('cannot be %j', (text) =>
    expect(SELECTOR.test(text)).toBe(false),
  );
});
