import fc from 'fast-check';
import { entriesOf, entryBundle } from '../../../../src/domain/audit/tlog/entry-bundle.js';
import { noteText } from '../../../../src/domain/audit/tlog/note.js';
import { MAX_PROOF, parseTlogProof, tlogProofText } from '../../../../src/domain/audit/tlog/tlog-proof.js';
import { signedCheckpoint, signer } from '../../support/tlog-keys.js';

const log = signer('log.example/a', 'ed25519', 1);
const checkpoint = noteText(signedCheckpoint({ origin: 'log.example/a', size: 9, root: new Uint8Array(32) }, log).note);

// C2SP tlog-proof, "Transparency Log Proofs", with a checkpoint that is whole.
const EXAMPLE = `c2sp.org/tlog-proof@v1
extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6kYXJ3aW4tYXJ
index 73894
gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=

${checkpoint}`;

describe('a tlog-proof', () => {
  it('is that of the example', () => {
    const proof = parseTlogProof(EXAMPLE);
    expect(proof).toMatchObject({ index: 73_894, checkpoint });
    expect(proof?.hashes).toHaveLength(2);
    expect(proof && tlogProofText(proof)).toBe(EXAMPLE.replace(/extra .*\n/, ''));
  });

  it('is read back whatever it proves', () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const proofs = fc.record({ index: fc.maxSafeNat(), hashes: fc.array(hash, { maxLength: MAX_PROOF }) });
    fc.assert(
      fc.property(proofs, (proof) =>
        expect(parseTlogProof(tlogProofText({ ...proof, checkpoint }))).toEqual({ ...proof, checkpoint }),
      ),
    );
  });

  it.each([
    ['another version', EXAMPLE.replace('@v1', '@v2')],
    ['no index', EXAMPLE.replace(/index .*\n/, '')],
    ['a leading zero in the index', EXAMPLE.replace('index ', 'index 0')],
    ['a short hash', EXAMPLE.replace(/\nB95l.*/, '\nB95l')],
    ['a line that is no base64', EXAMPLE.replace('\nB95l', '\n!95l')],
    ['more hashes than a tree has levels', EXAMPLE.replace(/(gSKy.*\n)/, '$1'.repeat(MAX_PROOF))],
    ['no empty line', EXAMPLE.replace('\n\nlog', '\nlog')],
    ['carriage returns', EXAMPLE.replaceAll('\n', '\r\n')],
  ])('is not one with %s', (_, text) => expect(parseTlogProof(text)).toBeUndefined());
});

describe('a bundle of entries', () => {
  it('has each behind its length, big-endian (C2SP tlog-tiles, "Log entries")', () =>
    expect(entryBundle([Uint8Array.of(7), new Uint8Array(), new Uint8Array(258)]).slice(0, 7)).toEqual(
      Uint8Array.of(0, 1, 7, 0, 0, 1, 2),
    ));

  it('is read back whatever the entries', () => {
    const entries = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 });
    fc.assert(fc.property(entries, (all) => expect(entriesOf(entryBundle(all))).toEqual(all)));
    expect(entriesOf(entryBundle([new Uint8Array(65_535)]))?.map((entry) => entry.length)).toEqual([65_535]);
  });

  it.each([[[0]], [[0, 2, 1]], [[0, 0, 0]]])('is not %j', (bytes) =>
    expect(entriesOf(Uint8Array.from(bytes))).toBeUndefined(),
  );
});
