import { join } from 'node:path';
import { type Checkpoint, parseCheckpoint, signatureOf } from '../../domain/audit/tlog/checkpoint.js';
import type { VerifierKey } from '../../domain/audit/tlog/key.js';
import type { Policy } from '../../domain/audit/tlog/policy.js';
import { CHECKPOINT_FILE, COSIGNED_FILE, LOG_FOLDER } from '../data-dir.js';
import { readIfThere } from '../durable-file.js';
import { Cosigning } from './cosigning.js';
import { ed25519Verify } from './ed25519.js';
import { LogForkError } from './log-fork.js';

/**
 * A checkpoint of this key in a file; one of another key is of another log.
 *
 * @throws LogForkError if it was altered
 */
export async function readCheckpoint(
  file: string,
  key: VerifierKey,
  report?: (message: string) => void,
): Promise<Checkpoint | undefined> {
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  const checkpoint = parseCheckpoint(text);
  const signature = checkpoint && signatureOf(checkpoint, key, ed25519Verify);
  if (signature === 'valid') return checkpoint;
  if (signature !== 'absent') throw new LogForkError(`${file} was altered`);
  report?.(`${file} is of another log than the key beside it; a new log begins`);
  return undefined;
}

/**
 * The checkpoint in a data directory that a service publishes under a policy: the newest that has its quorum; undefined if there is
 * none.
 */
export async function publishedCheckpoint(
  dataDir: string,
  key: VerifierKey,
  policy: Policy,
): Promise<Checkpoint | undefined> {
  const cosigning = new Cosigning(key, policy);
  for (const name of [CHECKPOINT_FILE, COSIGNED_FILE]) {
    const checkpoint = await readCheckpoint(join(dataDir, LOG_FOLDER, name), key);
    if (checkpoint && cosigning.isEnough(checkpoint)) return checkpoint;
  }
  return undefined;
}
