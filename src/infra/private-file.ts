import { closeSync, openSync } from 'node:fs';

/**
 * Makes a file, if there is none, that nobody but its owner can read, before SQLite makes it for all: what SQLite puts beside it
 * gets its mode. What cannot be made is left to SQLite, which says why.
 */
export function makePrivately(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch {
    // It is there, or SQLite will not be able to make it either.
  }
}
