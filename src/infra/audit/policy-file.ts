import { readFile } from 'node:fs/promises';
import { type Policy, PolicyError, parsePolicy } from '../../domain/audit/tlog/policy.js';
import { digester } from '../digester.js';

/**
 * Reads the file that says which witnesses must cosign the log.
 *
 * @throws PolicyError, which names the file and the line; or the file system's own error
 */
export async function readPolicy(file: string): Promise<Policy> {
  const text = await readFile(file, 'utf8');
  try {
    return parsePolicy(text, digester);
  } catch (error) {
    throw error instanceof PolicyError ? new PolicyError(`${file}: ${error.message}`) : error;
  }
}
