import { leafHash, leafOf, recordOf } from '../../../src/infra/journal/leaf.js';

describe('a leaf', () => {
  it('is 0x00 and the record with its position, in UTF-8', () => {
    const leaf = leafOf({ head: '{"name":"é","position":', tail: ',"z":1}' }, 123);
    expect(leaf[0]).toBe(0);
    expect(recordOf(leaf).toString('utf8')).toBe('{"name":"é","position":123,"z":1}');
    expect(recordOf(leaf)).toHaveLength(34);
  });

  it('has the positions of other records where the draft has holes', () => {
    const holes = [
      { at: 6, step: 1 },
      { at: 11, step: -2 },
    ];
    const leaf = leafOf({ head: '{"a":[,"b":],"position":', tail: '}', holes }, 9);
    expect(recordOf(leaf).toString()).toBe('{"a":[10,"b":7],"position":9}');
  });

  it.each([
    // The leaf hashes of the tree that RFC 6962 implementations test with (certificate-transparency, merkletree tests).
    ['', '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
    ['00', '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7'],
    ['10', '0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7'],
  ])('of the bytes %p has the hash of RFC 6962', (hex, hash) => {
    const leaf = Buffer.concat([Buffer.of(0), Buffer.from(hex, 'hex')]);
    expect(leafHash(leaf).toString('hex')).toBe(hash);
  });
});
