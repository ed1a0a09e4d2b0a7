import type { Digester } from '../digester.js';

/** Bulk data of a record, not yet bound to it: where it belongs (`command.data`) and its bytes, or its JSON text. */
export interface Bulk {
  readonly role: string;
  readonly form: 'bytes' | 'json';
  readonly bytes: Uint8Array;
}

/** What a record's bytes say of one piece of its bulk data. */
export interface Commitment {
  readonly role: string;
  readonly form: Bulk['form'];
  readonly size: number;
  /** SHA-256(salt, bytes) in hex. */
  readonly commitment: string;
}

/** Bytes of a salt. Without it nobody can test a guess of the data against the commitment. */
export const SALT_SIZE = 32;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Bytes as lower-case hex digits. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte] ?? '';
  return text;
}

/** Binds bulk data under a salt of `SALT_SIZE` bytes. */
export const commit = ({ role, form, bytes }: Bulk, salt: Uint8Array, { sha256 }: Digester): Commitment => ({
  role,
  form,
  size: bytes.length,
  commitment: toHex(sha256(salt, bytes)),
});
