import { sign } from 'node:crypto';
import { type Checkpoint, checkpointText, parseCheckpoint } from '../../../src/domain/audit/tlog/checkpoint.js';
import { cosignatureMessage } from '../../../src/domain/audit/tlog/cosignature.js';
import { type SignatureType, type VerifierKey, verifierKey } from '../../../src/domain/audit/tlog/key.js';
import { type NoteSignature, noteText } from '../../../src/domain/audit/tlog/note.js';
import { privateKeyOf, publicKeyOf } from '../../../src/infra/audit/ed25519.js';
import { digester } from './test-digester.js';

/** Someone who signs in tests: the key's seed is all one byte. */
export interface Signer {
  readonly key: VerifierKey;
  readonly sign: (text: string, time?: bigint) => NoteSignature;
}

export function signer(name: string, type: SignatureType, byte: number): Signer {
  const privateKey = privateKeyOf(new Uint8Array(32).fill(byte));
  const key = verifierKey(name, type, publicKeyOf(privateKey), digester);
  const { id } = key;
  if (type === 'ed25519')
    return { key, sign: (text) => ({ name, id, signature: sign(null, Buffer.from(text), privateKey) }) };
  return {
    key,
    sign: (text, time = 1679315147n) => {
      const stamp = Buffer.alloc(8);
      stamp.writeBigUInt64BE(time);
      return { name, id, signature: Buffer.concat([stamp, sign(null, cosignatureMessage(text, time), privateKey)]) };
    },
  };
}

/** A checkpoint that some have signed. */
export function signedCheckpoint(
  body: { origin: string; size: number; root: Uint8Array },
  ...by: Signer[]
): Checkpoint {
  const text = checkpointText(body);
  const checkpoint = parseCheckpoint(noteText({ text, signatures: by.map(({ sign }) => sign(text)) }));
  if (checkpoint === undefined) throw new Error('not a checkpoint');
  return checkpoint;
}
