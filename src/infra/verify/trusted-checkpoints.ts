import { join } from 'node:path';
import { type Checkpoint, parseCheckpoint, signatureOf } from '../../domain/audit/tlog/checkpoint.js';
import { type VerifierKey, parseKey } from '../../domain/audit/tlog/key.js';
import type { Flaw } from '../../domain/audit/verify/flaw.js';
import { ed25519Verify } from '../audit/ed25519.js';
import { VKEY_FILE } from '../audit/log-key.js';
import { CHECKPOINT_FILE, COSIGNED_FILE, LOG_FOLDER } from '../audit/transparency-log.js';
import { digester } from '../digester.js';
import { readIfThere } from '../durable-file.js';

/** What a ledger is to be held against. */
export interface Trusted {
  readonly checkpoints: readonly Checkpoint[];
  /** Checkpoints that do not count, and why. */
  readonly flaws: readonly Flaw[];
}

const bad = (detail: string): Flaw => ({ what: 'checkpoint', detail });

/** The key that a data directory says its log signs with; undefined if it has no log. */
async function ownKey(folder: string): Promise<VerifierKey | Flaw | undefined> {
  const file = join(folder, VKEY_FILE);
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  const key = text.endsWith('\n') ? parseKey(text.slice(0, -1), digester) : undefined;
  return key ?? bad(`${file} is not a key`);
}

function checked(file: string, text: string, key: VerifierKey): Checkpoint | Flaw {
  const checkpoint = parseCheckpoint(text);
  if (checkpoint === undefined) return bad(`${file} is not a checkpoint`);
  if (checkpoint.origin !== key.name) return bad(`${file} is of ${checkpoint.origin}, not of ${key.name}`);
  const signature = signatureOf(checkpoint, key, ed25519Verify);
  return signature === 'valid' ? checkpoint : bad(`${file}: the signature of ${key.name} is ${signature}`);
}

/**
 * The checkpoints that a data directory has, and those in files that were kept elsewhere, as far as they are signed.
 *
 * @param key whom to believe; the data directory's own key if absent
 * @throws the file system's own error if one of `files` cannot be read
 */
export async function trustedCheckpoints(
  dataDir: string,
  files: readonly string[],
  key?: VerifierKey,
): Promise<Trusted> {
  const folder = join(dataDir, LOG_FOLDER);
  const believed = key ?? (await ownKey(folder));
  const own = [CHECKPOINT_FILE, COSIGNED_FILE].map((name) => join(folder, name));
  const found: (Checkpoint | Flaw)[] = [];
  for (const file of [...own, ...files]) {
    const text = await readIfThere(file);
    if (text === undefined && own.includes(file)) continue;
    if (text === undefined) throw new Error(`there is no file ${file}`);
    if (believed === undefined) found.push(bad(`${file}: there is no key to check it with`));
    else if (!('what' in believed)) found.push(checked(file, text, believed));
  }
  return {
    checkpoints: found.filter((one) => 'note' in one),
    flaws: [...(believed && 'what' in believed ? [believed] : []), ...found.filter((one) => 'what' in one)],
  };
}
