import { readFileSync } from 'node:fs';
import { accessDocument } from '../../../src/api/auth/access-document.js';

describe('docs/access.md', () => {
  it('is what the code says (npm run docs writes it)', () =>
    expect(readFileSync(new URL('../../../docs/access.md', import.meta.url), 'utf8')).toBe(accessDocument()));
});
