import { createReadStream, createWriteStream, fstatSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';

/** What stands for standard input and output where a file is named. */
const STANDARD = '-';

const isPacked = (name: string): boolean => name.endsWith('.gz');

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
}

/** Standard output. Where it is a file, Node's own stream would lose what a full disk takes no more of, and say nothing. */
function standardOutput(): Writable {
  const { fd } = process.stdout;
  return fstatSync(fd).isFile() ? createWriteStream('', { fd, autoClose: false }) : process.stdout;
}

/**
 * Writes lines to a file, whole or not at all, compressed if its name ends in `.gz`; or to standard output. Nobody but its owner may
 * read the file.
 *
 * @throws the file system's own error, or that of the lines
 */
export async function writeLines(name: string, lines: Iterable<string>, signal: AbortSignal): Promise<void> {
  if (name === STANDARD) {
    const output = standardOutput();
    return pipeline(lines, output, { signal, end: output !== process.stdout });
  }
  const temporary = `${name}.new`;
  try {
    const pack = isPacked(name) ? createGzip() : new PassThrough();
    // One that was left by a process that was killed may have another mode.
    await rm(temporary, { force: true });
    await pipeline(lines, pack, createWriteStream(temporary, { flags: 'wx', mode: 0o600 }), { signal });
    await sync(temporary);
    await rename(temporary, name);
    await sync(dirname(name));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** The bytes of a file, unpacked if its name ends in `.gz`; or of standard input. Nothing is opened before it is read. */
export async function* readBytes(name: string): AsyncGenerator<Uint8Array, undefined> {
  const file: Readable = name === STANDARD ? process.stdin : createReadStream(name);
  const unpack = isPacked(name) ? createGunzip() : new PassThrough();
  file.on('error', (error: Error) => unpack.destroy(error));
  yield* file.pipe(unpack) as AsyncIterable<Uint8Array>;
}
