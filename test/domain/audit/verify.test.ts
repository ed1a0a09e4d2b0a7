import { type Flaw, firstBad } from '../../../src/domain/audit/verify/flaw.js';

const at = (position: number, upTo?: number): Flaw => ({
  what: 'record',
  detail: '',
  position,
  ...(upTo !== undefined && { upTo }),
});

describe('the first bad position', () => {
  it.each<[string, Flaw[], number | undefined]>([
    ['of nothing', [], undefined],
    ['of what is not about records', [{ what: 'schema', detail: '' }], undefined],
    ['of flaws in any order', [at(7), at(3), at(9)], 3],
    ['of a range', [at(257, 512)], 257],
    ['of a range that a flaw explains', [at(300), at(257, 512), at(1, 512)], 300],
    ['of a range that no flaw explains', [at(600), at(257, 512)], 257],
  ])('%s', (_, flaws, first) => expect(firstBad(flaws)).toBe(first));
});
