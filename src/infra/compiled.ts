import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The file of a thread: threads load compiled code only. It is found from the module that starts it, as far below the root as a source is
 * below it, and there in what the build made if that module is a source.
 *
 * @param from the module's URL, three folders below the repository's root or the build's
 * @param path the thread's, from `src` or `dist` on
 */
export function compiled(from: string, path: string): string {
  const paths = ['../..', '../../../dist'].map((root) => fileURLToPath(new URL(`${root}/${path}`, from)));
  const found = paths.find(existsSync);
  if (found === undefined) throw new Error(`no compiled ${path} in ${paths.join(' or ')}: build first`);
  return found;
}
