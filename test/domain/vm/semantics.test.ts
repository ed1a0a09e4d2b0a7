import { SWITCHES, type Switch, documented } from '../../../src/domain/vm/semantics.js';

describe('a switch between documents and code', () => {
  it.each(Object.keys(SWITCHES) as Switch[])('%s follows what the VM was created with', (name) => {
    expect(documented({ semantics: 'documented' }, name)).toBe(true);
    expect(documented({ semantics: 'kernel' }, name)).toBe(false);
  });
});
