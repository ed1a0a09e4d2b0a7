import { checkpointText, parseCheckpoint, signatureOf } from '../../../../src/domain/audit/tlog/checkpoint.js';
import { timestampOf } from '../../../../src/domain/audit/tlog/cosignature.js';
import { type Note, noteText } from '../../../../src/domain/audit/tlog/note.js';
import { ed25519Verify } from '../../../../src/infra/audit/ed25519.js';
import { signedCheckpoint, signer } from '../../support/tlog-keys.js';

// C2SP tlog-cosignature, "Transparency Log Cosignatures".
const EXAMPLE = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
`;

const log = signer('log.example/a', 'ed25519', 1);
const witness = signer('witness.example/w', 'cosignature', 2);
const body = { origin: 'log.example/a', size: 5, root: new Uint8Array(32).fill(7) };

describe('a checkpoint', () => {
  it('is that of the example', () => {
    const checkpoint = parseCheckpoint(EXAMPLE);
    expect(checkpoint).toMatchObject({ origin: 'example.com/behind-the-sofa', size: 20_852_163 });
    if (checkpoint === undefined) throw new Error('not read');
    expect(checkpointText(checkpoint)).toBe(checkpoint.note.text);
    expect(noteText(checkpoint.note)).toBe(EXAMPLE);
    expect(timestampOf(checkpoint.note.signatures[1]?.signature ?? new Uint8Array())).toBe(1_679_315_147n);
  });

  it.each([
    ['a leading zero in the size', EXAMPLE.replace('2085', '02085')],
    ['a sign before the size', EXAMPLE.replace('2085', '+2085')],
    ['no origin', EXAMPLE.replace(/^.*/, '')],
    ['a root of 31 bytes', EXAMPLE.replace(/CsUY.*/, 'A'.repeat(40) + 'AA==')],
    ['a root in hex', EXAMPLE.replace(/CsUY.*/, '00'.repeat(32))],
    ['two lines', 'a\n1\n\n— a AAAAAAA=\n'],
  ])('is not one with %s', (_, text) => expect(parseCheckpoint(text)).toBeUndefined());

  it('may have extension lines, which are signed too', () => {
    const text = `${checkpointText(body)}extension\n`;
    const checkpoint = parseCheckpoint(noteText({ text, signatures: [log.sign(text), witness.sign(text)] }));
    if (checkpoint === undefined) throw new Error('not read');
    expect(checkpoint).toMatchObject(body);
    expect([log, witness].map(({ key }) => signatureOf(checkpoint, key, ed25519Verify))).toEqual(['valid', 'valid']);
    expect(parseCheckpoint(noteText({ text: `${text}\n`, signatures: [log.sign(text)] }))).toBeUndefined();
  });

  it('can be of an empty log', () => {
    expect(signedCheckpoint({ ...body, size: 0 }, log).size).toBe(0);
  });

  it('is signed by those who signed it, and nobody else', () => {
    const checkpoint = signedCheckpoint(body, log, witness);
    const others = [signer('log.example/a', 'ed25519', 3), signer('log.example/b', 'ed25519', 1)];
    expect(signatureOf(checkpoint, log.key, ed25519Verify)).toBe('valid');
    expect(signatureOf(checkpoint, witness.key, ed25519Verify)).toBe('valid');
    for (const { key } of others) expect(signatureOf(checkpoint, key, ed25519Verify)).toBe('absent');
  });

  it('is not signed once anything in it changed', () => {
    const bend = (change: (note: Note) => Note) => {
      const checkpoint = signedCheckpoint(body, log, witness);
      const bent = parseCheckpoint(noteText(change(checkpoint.note)));
      if (bent === undefined) throw new Error('not read');
      return [log, witness].map(({ key }) => signatureOf(bent, key, ed25519Verify));
    };
    const flipped =
      (at: number) =>
      (note: Note): Note => ({
        ...note,
        signatures: note.signatures.map((one) => ({
          ...one,
          signature: Uint8Array.from(one.signature, (byte, i) => (i === at ? byte ^ 1 : byte)),
        })),
      });
    expect(bend((note) => note)).toEqual(['valid', 'valid']);
    expect(bend((note) => ({ ...note, text: note.text.replace('\n5\n', '\n6\n') }))).toEqual(['invalid', 'invalid']);
    expect(bend((note) => ({ ...note, text: `${note.text}more\n` }))).toEqual(['invalid', 'invalid']);
    expect(bend(flipped(0))).toEqual(['invalid', 'invalid']);
    // The time of a cosignature, and the last byte of a signature.
    expect(bend(flipped(7))).toEqual(['invalid', 'invalid']);
    expect(bend(flipped(63))).toEqual(['invalid', 'invalid']);
    expect(bend((note) => ({ ...note, signatures: [...note.signatures, log.sign('other\n')] }))).toEqual([
      'invalid',
      'valid',
    ]);
  });

  it('is not cosigned by a signature without its time, nor by one of the log with it', () => {
    const { text } = signedCheckpoint(body, log).note;
    const short = { ...witness.sign(text), signature: log.sign(text).signature };
    const checkpoint = parseCheckpoint(noteText({ text, signatures: [short] }));
    expect(checkpoint && signatureOf(checkpoint, witness.key, ed25519Verify)).toBe('invalid');
  });
});

describe('the time of a cosignature', () => {
  it.each<[bigint, bigint | undefined]>([
    [0n, 0n],
    [(1n << 63n) - 1n, (1n << 63n) - 1n],
    [1n << 63n, undefined],
  ])('%s is read as %s', (time, read) => expect(timestampOf(witness.sign('x\n', time).signature)).toBe(read));
});
