import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that package.json is in, at or above one. */
function projectOf(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error('there is no package.json above the sources');
  return projectOf(above);
}

/** The project's folder: above this module, whether it is a source, compiled, or part of a file that the build made. */
export const PROJECT = projectOf(dirname(fileURLToPath(import.meta.url)));

/**
 * The file of a thread, which the build made: threads load compiled code only, also those that a source starts.
 *
 * @param path the thread's, from `src` or `dist` on
 */
export function compiled(path: string): string {
  const file = join(PROJECT, 'dist', path);
  if (!existsSync(file)) throw new Error(`there is no ${file}: build first`);
  return file;
}
