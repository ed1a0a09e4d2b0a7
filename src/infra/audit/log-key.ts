import { randomBytes, sign } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { toHex } from '../../domain/audit/bulk.js';
import { fromBase64 } from '../../domain/audit/tlog/base64.js';
import { SIGNATURE_TYPES, type VerifierKey, isKeyName, keyText, verifierKey } from '../../domain/audit/tlog/key.js';
import type { NoteSignature } from '../../domain/audit/tlog/note.js';
import { base64 } from '../../domain/json.js';
import { KEY_FILE, VKEY_FILE } from '../data-dir.js';
import { digester } from '../digester.js';
import { readIfThere, writeDurably } from '../durable-file.js';
import { privateKeyOf, publicKeyOf } from './ed25519.js';

/** The key file is not one that may be used. */
export class LogKeyError extends Error {}

/** Signs the log's checkpoints. */
export interface LogSigner {
  readonly key: VerifierKey;
  readonly sign: (text: string) => NoteSignature;
}

const SEED_SIZE = 32;

/** What a log is called that was given no name: after its key, below a domain that nobody can have (RFC 2606). */
const defaultOrigin = (publicKey: Uint8Array): string =>
  `vmledger.invalid/${toHex(digester.sha256(publicKey)).slice(0, 16)}`;

/** The private key as text, as other tools for notes write it: `PRIVATE+KEY+name+id+base64(type, seed)`. */
const skeyText = ({ name, id }: VerifierKey, seed: Uint8Array): string =>
  `PRIVATE+KEY+${name}+${toHex(id)}+${base64(Uint8Array.of(SIGNATURE_TYPES.ed25519, ...seed))}\n`;

const SKEY = /^PRIVATE\+KEY\+([^+]+)\+([0-9a-f]{8})\+(.+)\n?$/;

function signerOf(seed: Uint8Array, name?: string): LogSigner {
  const privateKey = privateKeyOf(seed);
  const publicKey = publicKeyOf(privateKey);
  const key = verifierKey(name ?? defaultOrigin(publicKey), 'ed25519', publicKey, digester);
  const { id } = key;
  return { key, sign: (text) => ({ name: key.name, id, signature: sign(null, Buffer.from(text), privateKey) }) };
}

function parse(file: string, text: string): LogSigner {
  const [, name = '', id = '', material = ''] = SKEY.exec(text) ?? [];
  const [type, ...seed] = fromBase64(material) ?? [];
  if (type === SIGNATURE_TYPES.ed25519 && seed.length === SEED_SIZE && isKeyName(name)) {
    const signer = signerOf(Uint8Array.from(seed), name);
    if (toHex(signer.key.id) === id) return signer;
  }
  throw new LogKeyError(`${file} is not a private key for notes`);
}

async function read(file: string): Promise<LogSigner | undefined> {
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  const { mode } = await stat(file);
  if ((mode & 0o077) !== 0) throw new LogKeyError(`${file} can be read by others: its mode must be 600`);
  return parse(file, text);
}

/**
 * The key in a log's folder; made at the first start, with mode 0600.
 *
 * @param origin what a new log is called; after its key if absent
 * @throws LogKeyError if the file is none, others may read it, or it is of a log with another name than `origin`
 */
export async function openLogKey(folder: string, origin?: string): Promise<LogSigner> {
  const file = join(folder, KEY_FILE);
  const found = await read(file);
  if (found && origin !== undefined && found.key.name !== origin)
    throw new LogKeyError(`${file} is the key of ${found.key.name}, not of ${origin}`);
  const seed = randomBytes(SEED_SIZE);
  const signer = found ?? signerOf(seed, origin);
  if (!found) await writeDurably(file, skeyText(signer.key, seed), 0o600);
  await writeDurably(join(folder, VKEY_FILE), `${keyText(signer.key)}\n`);
  return signer;
}
