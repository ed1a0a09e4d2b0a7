import fc from 'fast-check';
import { isKeyName, keyText, parseKey, sameKey, verifierKey } from '../../../../src/domain/audit/tlog/key.js';
import { type Note, MAX_NOTE, noteText, parseNote, parseSignatures } from '../../../../src/domain/audit/tlog/note.js';
import { ed25519Verify } from '../../../../src/infra/audit/ed25519.js';
import { digester } from '../../support/test-digester.js';
import { signer } from '../../support/tlog-keys.js';

// C2SP signed-note, "Verifier keys", "Example".
const VKEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const NOTE = `This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
`;

const NAMES = fc.string({ unit: 'grapheme', minLength: 1 }).filter(isKeyName);
const TEXTS = fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }).map((lines) => `${lines.join('\n')}\n`);

describe('a verifier key', () => {
  it('is that of the example', () => {
    const key = parseKey(VKEY, digester);
    expect(key).toMatchObject({ name: 'example.com/foo', type: 'ed25519' });
    expect(Buffer.from(key?.id ?? []).toString('hex')).toBe('530d903a');
    expect(key && keyText(key)).toBe(VKEY);
  });

  it('is read back whatever its name, key and type', () => {
    fc.assert(
      fc.property(
        NAMES,
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.constantFrom('ed25519' as const, 'cosignature' as const),
        (name, publicKey, type) => {
          const key = verifierKey(name, type, publicKey, digester);
          expect(parseKey(keyText(key), digester)).toEqual(key);
        },
      ),
    );
  });

  it('has another id for another type, and so is another key', () => {
    const bytes = new Uint8Array(32);
    const [a, b] = (['ed25519', 'cosignature'] as const).map((type) => verifierKey('x', type, bytes, digester));
    expect(a && b && sameKey(a, b)).toBe(false);
  });

  it.each([
    ['another id', VKEY.replace('530d903a', '530d903b')],
    ['another name', VKEY.replace('foo', 'bar')],
    ['no name', VKEY.replace('example.com/foo', '')],
    ['a space in the name', VKEY.replace('/', ' ')],
    ['an id in capitals', VKEY.replace('530d903a', '530D903A')],
    ['another type', VKEY.replace('+Aek', '+Auk')],
    ['a key that is too short', VKEY.slice(0, -4)],
    ['base64 without its end', `${VKEY}=`],
    ['nothing', ''],
  ])('is not one with %s', (_, text) => expect(parseKey(text, digester)).toBeUndefined());

  it.each(['', 'a b', 'a+b', 'a\nb', 'a\u00a0b', 'a\u2003b', 'a\u0000'])('cannot be called %j', (name) =>
    expect(isKeyName(name)).toBe(false),
  );
});

describe('a note', () => {
  it('is that of the example, and its signature is right', () => {
    const note = parseNote(NOTE);
    const key = parseKey(VKEY, digester);
    expect(note?.text).toBe('This is an example message.\n');
    const [signature] = note?.signatures ?? [];
    if (!note || !key || !signature) throw new Error('not read');
    expect(sameKey(signature, key)).toBe(true);
    expect(ed25519Verify(key.publicKey, Buffer.from(note.text), signature.signature)).toBe(true);
    expect(ed25519Verify(key.publicKey, Buffer.from(`${note.text}x`), signature.signature)).toBe(false);
    expect(noteText(note)).toBe(NOTE);
  });

  it('may have empty lines in its text', () => {
    const [before, after] = NOTE.split('\n\n');
    expect(parseNote(`one\n\ntwo\n\n${after ?? ''}`)?.text).toBe('one\n\ntwo\n');
    expect(before).toBeDefined();
  });

  it('is read back whatever it says and whoever signed it', () => {
    const signature = fc.record({
      name: NAMES,
      id: fc.uint8Array({ minLength: 4, maxLength: 4 }),
      signature: fc.uint8Array({ minLength: 1, maxLength: 80 }),
    });
    const notes = fc.record({ text: TEXTS, signatures: fc.array(signature, { minLength: 1, maxLength: 16 }) });
    fc.assert(fc.property(notes, (note: Note) => expect(parseNote(noteText(note))).toEqual(note)));
  });

  it.each([
    ['no signature', 'text\n\n'],
    ['no empty line', NOTE.replace('\n\n', '\n')],
    ['no newline at its end', NOTE.slice(0, -1)],
    ['a hyphen for the dash', NOTE.replace('—', '-')],
    ['a signature of an id alone', NOTE.replace(/Uw2QOk\S+/, 'Uw2QOg==')],
    ['base64 that is not exact', NOTE.replace('yaQM=', 'yaQN=')],
    ['a plus sign in the name', NOTE.replace('/foo', '+foo')],
    ['a carriage return', NOTE.replace('\n', '\r\n')],
    ['a tabulator', NOTE.replace('an example', 'an\texample')],
    ['a NUL', NOTE.replace('an example', 'an\0example')],
    ['half a character', NOTE.replace('an example', 'an\ud800example')],
    ['more than a note may have', `${'x'.repeat(MAX_NOTE)}\n${NOTE}`],
    ['nothing', ''],
  ])('is not one with %s', (_, text) => expect(parseNote(text)).toBeUndefined());

  it('has a hundred signatures at most', () => {
    const line = `${NOTE.split('\n')[2] ?? ''}\n`;
    expect(parseSignatures(line.repeat(100))).toHaveLength(100);
    expect(parseSignatures(line.repeat(101))).toBeUndefined();
    expect(parseSignatures('')).toBeUndefined();
  });
});

describe('an Ed25519 signature', () => {
  it('is not right under bytes that are no key', () => {
    const { sign } = signer('x', 'ed25519', 1);
    expect(ed25519Verify(new Uint8Array(32).fill(255), Buffer.from('a\n'), sign('a\n').signature)).toBe(false);
    expect(ed25519Verify(new Uint8Array(31), Buffer.from('a\n'), sign('a\n').signature)).toBe(false);
  });
});
