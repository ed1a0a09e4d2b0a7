import { Command } from 'commander';
import { join } from 'node:path';
import { type VerifierKey, keyText, parseKey } from '../../domain/audit/tlog/key.js';
import { LOG_FOLDER, VKEY_FILE } from '../../infra/data-dir.js';
import { digester } from '../../infra/digester.js';
import { readIfThere } from '../../infra/durable-file.js';
import { defaultDataDir } from './ledger-path.js';

/**
 * The public key of the log in a data directory.
 *
 * @throws if it has none
 */
export async function logKeyOf(dataDir: string): Promise<VerifierKey> {
  const file = join(dataDir, LOG_FOLDER, VKEY_FILE);
  const key = parseKey(((await readIfThere(file)) ?? '').trim(), digester);
  if (key === undefined) throw new Error(`there is no public key at ${file}: start the service once`);
  return key;
}

/**
 * The key of a log that an option gives, if it does.
 *
 * @throws if it is none
 */
export function logKeyFrom(text: string | undefined): VerifierKey | undefined {
  if (text === undefined) return undefined;
  const key = parseKey(text.trim(), digester);
  if (key?.type !== 'ed25519') throw new Error(`${text} is not the vkey of a log`);
  return key;
}

/** `vmledger log key`: whom to believe. */
export const logKeyCommand = (): Command =>
  new Command('key')
    .description("print the log's public key, a vkey (C2SP signed-note)")
    .option('-d, --data-dir <folder>', 'the data directory', defaultDataDir())
    .action(async ({ dataDir }: { readonly dataDir: string }) => {
      process.stdout.write(`${keyText(await logKeyOf(dataDir))}\n`);
    });
