import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Checkpoint, parseCheckpoint, signatureOf } from '../../domain/audit/tlog/checkpoint.js';
import { type VerifierKey, parseKey } from '../../domain/audit/tlog/key.js';
import type { Flaw } from '../../domain/audit/verify/flaw.js';
import { ed25519Verify } from '../audit/ed25519.js';
import { CHECKPOINT_FILE, COSIGNED_FILE, LOG_FOLDER, VKEY_FILE } from '../data-dir.js';
import { digester } from '../digester.js';
import { readIfThere } from '../durable-file.js';
import { importedFolders } from './imported.js';

/** A checkpoint, and the key that it is signed with. */
export interface SignedCheckpoint extends Checkpoint {
  readonly key: VerifierKey;
}

/** What a ledger is to be held against. */
export interface Trusted {
  readonly checkpoints: readonly SignedCheckpoint[];
  /** Checkpoints that do not count, and why. */
  readonly flaws: readonly Flaw[];
}

const bad = (detail: string): Flaw => ({ what: 'checkpoint', detail });

/** The key in a folder with a log's checkpoints; undefined if there is none. */
async function keyIn(folder: string): Promise<VerifierKey | Flaw | undefined> {
  const file = join(folder, VKEY_FILE);
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  const key = text.endsWith('\n') ? parseKey(text.slice(0, -1), digester) : undefined;
  return key ?? bad(`${file} is not a key`);
}

/**
 * A checkpoint, if the key of its log signed it.
 *
 * @param name what to call it where it does not count
 */
export function signedCheckpoint(name: string, text: string, key: VerifierKey): SignedCheckpoint | Flaw {
  const checkpoint = parseCheckpoint(text);
  if (checkpoint === undefined) return bad(`${name} is not a checkpoint`);
  if (checkpoint.origin !== key.name) return bad(`${name} is of ${checkpoint.origin}, not of ${key.name}`);
  const signature = signatureOf(checkpoint, key, ed25519Verify);
  return signature === 'valid' ? { ...checkpoint, key } : bad(`${name}: the signature of ${key.name} is ${signature}`);
}

type Found = SignedCheckpoint | Flaw;

const isSigned = (one: Found): one is SignedCheckpoint => 'note' in one;

/** The checkpoints in the files that are there, each by one of some keys. */
async function checkpointsIn(files: readonly string[], believed: readonly VerifierKey[]): Promise<Found[]> {
  const found: Found[] = [];
  for (const file of files) {
    const text = await readIfThere(file);
    if (text === undefined) continue;
    const read = believed.map((key) => signedCheckpoint(file, text, key));
    found.push(read.find(isSigned) ?? read[0] ?? bad(`${file}: there is no key to check it with`));
  }
  return found;
}

const keysOf = (found: readonly (VerifierKey | Flaw | undefined)[]): VerifierKey[] =>
  found.flatMap((one) => (one === undefined || 'what' in one ? [] : [one]));

/**
 * The checkpoints that a data directory has, its own and those that it was imported with, and those in files that were kept
 * elsewhere, as far as they are signed. Those that it was imported with are of other logs, and believed by their own keys.
 *
 * @param key whom to believe of those kept elsewhere, and of its own if it was not imported from that log; the data directory's own
 *   keys if absent
 * @throws the file system's own error if one of `files` cannot be read
 */
export async function trustedCheckpoints(
  dataDir: string,
  files: readonly string[],
  key?: VerifierKey,
): Promise<Trusted> {
  for (const file of files) if ((await readIfThere(file)) === undefined) throw new Error(`there is no file ${file}`);
  const folder = join(dataDir, LOG_FOLDER);
  const own = [CHECKPOINT_FILE, COSIGNED_FILE].map((name) => join(folder, name));
  const folders = importedFolders(dataDir);
  const imported = await Promise.all(folders.map(keyIn));
  const mine = await keyIn(folder);
  const others = keysOf(imported);
  const isImported = others.some((other) => key && isDeepStrictEqual(other, key));
  const believed = key ? [key] : keysOf([mine, ...others]);
  const found: Found[] = [mine, ...imported].filter((one) => one !== undefined && 'what' in one);
  // Of a key that is none it was told already.
  const isTold = (one: VerifierKey | Flaw | undefined): boolean => one !== undefined && 'what' in one;
  if (key || !isTold(mine)) found.push(...(await checkpointsIn(own, key && !isImported ? [key] : keysOf([mine]))));
  if (believed.length > 0 || !isTold(mine)) found.push(...(await checkpointsIn(files, believed)));
  for (const [i, each] of folders.entries())
    if (!isTold(imported[i]))
      found.push(...(await checkpointsIn([join(each, CHECKPOINT_FILE)], keysOf([imported[i]]))));
  return {
    checkpoints: found.filter(isSigned),
    flaws: found.filter((one) => 'what' in one),
  };
}
