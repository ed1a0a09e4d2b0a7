import { type KeyObject, createPrivateKey, createPublicKey, verify } from 'node:crypto';
import type { Ed25519Verify } from '../../domain/audit/tlog/key.js';

/** What stands before the 32 bytes in the DER of an Ed25519 key (RFC 8410, sections 4 and 7). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

const publicKeyObject = (publicKey: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' });

/** The private key of a seed of 32 bytes (RFC 8032, section 5.1.5). */
export const privateKeyOf = (seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });

/** The 32 bytes of a private key's public half. */
export const publicKeyOf = (key: KeyObject): Uint8Array =>
  createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI.length);

/** Ed25519 of OpenSSL. */
export const ed25519Verify: Ed25519Verify = (publicKey, message, signature) => {
  try {
    return verify(null, message, publicKeyObject(publicKey), signature);
  } catch {
    return false; // 32 bytes that are no point of the curve
  }
};
