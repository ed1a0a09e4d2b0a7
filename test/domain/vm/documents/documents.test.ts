import { readFileSync, readdirSync } from 'node:fs';
import { documents } from '../../../../src/domain/vm/documents/documents.js';

const directory = new URL('../../../../docs/generated/', import.meta.url);

describe('docs/generated', () => {
  it.each(Object.entries(documents()))('%s is what the code says (npm run docs writes it)', (name, text) => {
    expect(readFileSync(new URL(name, directory), 'utf8')).toBe(text);
  });

  it('has nothing else', () => {
    expect(readdirSync(directory).sort()).toEqual(Object.keys(documents()).sort());
  });
});
