import fc from 'fast-check';
import { LOCAL, type Principal } from '../../../src/infra/access/principal.js';
import { sees, seesAll, seesAsMuchAs } from '../../../src/infra/access/visible.js';

const limited = (...labels: string[]): Principal => ({ actor: 'x', roles: new Set(['admin']), labels });

describe('whether a VM is there', () => {
  it('it is for whom is not limited, also if nothing is known of it', () => {
    expect([seesAll(LOCAL), sees(LOCAL, {}), sees(LOCAL, undefined)]).toEqual([true, true, true]);
  });

  it.each<[string, Principal, Readonly<Record<string, string>> | undefined, boolean]>([
    ['with the label', limited('team=a'), { team: 'a', more: '' }, true],
    ['with the label of any value', limited('team'), { team: 'b' }, true],
    ['with another value', limited('team=a'), { team: 'b' }, false],
    ['with one label of two', limited('team=a', 'env=prod'), { team: 'a' }, false],
    ['with both', limited('team=a', 'env=prod'), { team: 'a', env: 'prod' }, true],
    ['without labels', limited('team=a'), {}, false],
    ['that does not exist', limited('team=a'), undefined, false],
  ])('for a token that is limited, also that of an admin: one %s', (_what, principal, labels, expected) =>
    expect(sees(principal, labels)).toBe(expected),
  );

  it('is never more for more labels', () => {
    const label = fc.constantFrom('a', 'b', 'a=1', 'b=2');
    const labels = fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom('1', '2'));
    fc.assert(
      fc.property(fc.array(label, { minLength: 1 }), label, labels, (some, more, of) => {
        expect(sees(limited(...some, more), of) && !sees(limited(...some), of)).toBe(false);
      }),
    );
  });

  it.each<[boolean, string, string[], string[]]>([
    [true, 'who is not limited', [], ['team=a']],
    [true, 'who is limited alike', ['team=a'], ['team=a']],
    [true, 'who is limited less', ['team=a'], ['env=prod', 'team=a']],
    [false, 'who is limited more', ['env=prod', 'team=a'], ['team=a']],
    [false, 'who is limited otherwise', ['team=b'], ['team=a']],
    [false, 'who is limited at all, for one who is not', ['team=a'], []],
  ])('is %s of all that are there for another: for one %s', (expected, _what, labels, others) =>
    expect(seesAsMuchAs(limited(...labels), limited(...others))).toBe(expected),
  );

  it('is so of each that is there for another whom he sees as much as', () => {
    const selectors = fc.array(fc.constantFrom('a', 'b', 'a=1', 'b=2'));
    const labels = fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom('1', '2'));
    fc.assert(
      fc.property(selectors, selectors, labels, (own, others, of) => {
        const [one, other] = [limited(...own), limited(...others)];
        expect(seesAsMuchAs(one, other) && sees(other, of) && !sees(one, of)).toBe(false);
      }),
    );
  });
});
