import { toHex } from '../bulk.js';
import { base64 } from '../../json.js';
import { fromBase64 } from './base64.js';
import { type Hashing, sameBytes } from './merkle.js';

/** Signature types that are understood (C2SP signed-note, "Signature types"). */
export const SIGNATURE_TYPES = { ed25519: 1, cosignature: 4 } as const;

export type SignatureType = keyof typeof SIGNATURE_TYPES;

/** A key that notes are verified with. */
export interface VerifierKey {
  readonly name: string;
  readonly type: SignatureType;
  /** Four bytes, which together with the name tell a note's signatures apart. */
  readonly id: Uint8Array;
  /** Ed25519: 32 bytes (RFC 8032). */
  readonly publicKey: Uint8Array;
}

/** Checks an Ed25519 signature (RFC 8032); infra binds it to a library. */
export type Ed25519Verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

const PUBLIC_KEY_SIZE = 32;

/** Key names have neither spaces nor plus signs, nor anything that a note may not hold (C2SP signed-note, "Format"). */
const NAME = /^[^\p{White_Space}\p{Cc}+]+$/u;

/** Whether a key, and so a log, may be called so. */
export const isKeyName = (name: string): boolean => NAME.test(name);

const encoder = new TextEncoder();

/** A key with its id: SHA-256(name, newline, type, public key), the first four bytes (C2SP signed-note, "Signatures"). */
export function verifierKey(
  name: string,
  type: SignatureType,
  publicKey: Uint8Array,
  { sha256 }: Hashing,
): VerifierKey {
  const id = sha256(encoder.encode(`${name}\n`), Uint8Array.of(SIGNATURE_TYPES[type]), publicKey).slice(0, 4);
  return { name, type, id, publicKey };
}

/** A key as text, the vkey: `name+id+base64(type, public key)` (C2SP signed-note, "Verifier keys"). */
export const keyText = ({ name, type, id, publicKey }: VerifierKey): string =>
  `${name}+${toHex(id)}+${base64(Uint8Array.of(SIGNATURE_TYPES[type], ...publicKey))}`;

/** The key that a vkey is the text of; undefined if it is none, or of a type that is not understood. */
export function parseKey(text: string, hashing: Hashing): VerifierKey | undefined {
  // Base64 has plus signs of its own.
  const [, name = '', id = '', material = ''] = /^([^+]*)\+([0-9a-f]{8})\+(.*)$/.exec(text) ?? [];
  const [number, ...publicKey] = fromBase64(material) ?? [];
  const type = (Object.keys(SIGNATURE_TYPES) as SignatureType[]).find((known) => SIGNATURE_TYPES[known] === number);
  if (type === undefined || !isKeyName(name) || publicKey.length !== PUBLIC_KEY_SIZE) return undefined;
  const key = verifierKey(name, type, Uint8Array.from(publicKey), hashing);
  return toHex(key.id) === id ? key : undefined;
}

/** Whether two keys are of one name and id: such keys make the same signature lines. */
export const sameKey = (a: Pick<VerifierKey, 'name' | 'id'>, b: Pick<VerifierKey, 'name' | 'id'>): boolean =>
  a.name === b.name && sameBytes(a.id, b.id);
