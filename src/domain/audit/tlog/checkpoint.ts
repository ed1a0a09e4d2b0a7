import { base64 } from '../../json.js';
import { fromBase64 } from './base64.js';
import { cosignatureMessage, timestampOf } from './cosignature.js';
import { type Ed25519Verify, type VerifierKey, sameKey } from './key.js';
import { HASH_SIZE } from './merkle.js';
import { type Note, type NoteSignature, parseNote } from './note.js';
import type { TreeHead } from './proof-verify.js';

/** What a checkpoint says: which log, and its tree (C2SP tlog-checkpoint, "Note text"). */
export interface CheckpointBody extends TreeHead {
  readonly origin: string;
}

/** A checkpoint: what it says, and the note that says it. */
export interface Checkpoint extends CheckpointBody {
  readonly note: Note;
}

const SIZE = /^(?:0|[1-9]\d{0,15})$/;

/** The text that is signed. */
export const checkpointText = ({ origin, size, root }: CheckpointBody): string =>
  `${origin}\n${size}\n${base64(root)}\n`;

/** Reads a checkpoint; undefined if it is none. No signature is checked. Extension lines may follow the root. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const note = parseNote(text);
  if (note === undefined) return undefined;
  const [origin = '', size = '', hash = '', ...extensions] = note.text.slice(0, -1).split('\n');
  const root = fromBase64(hash);
  if (origin === '' || !SIZE.test(size) || root?.length !== HASH_SIZE || extensions.includes('')) return undefined;
  return { origin, size: Number(size), root, note };
}

const encoder = new TextEncoder();

/** Whether a signature of a checkpoint is by a key, by the key's type: of the log, or of a witness. */
function isSignedBy(
  { note: { text } }: Checkpoint,
  { signature }: NoteSignature,
  key: VerifierKey,
  verify: Ed25519Verify,
): boolean {
  if (key.type === 'ed25519') return verify(key.publicKey, encoder.encode(text), signature);
  const timestamp = timestampOf(signature);
  return timestamp !== undefined && verify(key.publicKey, cosignatureMessage(text, timestamp), signature.slice(8));
}

/**
 * Whether a key signed a checkpoint: `valid`, `absent`, or `invalid` if a signature that names the key is not by it, which
 * makes the whole note worthless (C2SP signed-note, "Signatures").
 */
export function signatureOf(
  checkpoint: Checkpoint,
  key: VerifierKey,
  verify: Ed25519Verify,
): 'valid' | 'absent' | 'invalid' {
  const named = checkpoint.note.signatures.filter((signature) => sameKey(signature, key));
  if (named.length === 0) return 'absent';
  return named.every((signature) => isSignedBy(checkpoint, signature, key, verify)) ? 'valid' : 'invalid';
}
