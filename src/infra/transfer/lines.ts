/** An export that is not whole, or not as it was written: which line is the first that is wrong, and how. */
export class LineError extends Error {
  constructor(
    readonly line: number,
    detail: string,
  ) {
    super(`line ${line}: ${detail}`);
  }
}

/** Bytes of a line at most: text of more than 512 MiB is beyond what the runtime can hold. */
const MAX_LINE = 500 * 1024 * 1024;

const NEWLINE = 0x0a;

/**
 * The lines of a stream, newlines included, in the memory of the longest.
 *
 * @throws LineError if the last has no newline, one is too long, or the stream breaks
 */
export async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, undefined> {
  let pieces: Uint8Array[] = [];
  let size = 0;
  let line = 1;
  try {
    for await (const chunk of stream) {
      let from = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
        yield Buffer.concat([...pieces, chunk.subarray(from, end + 1)]);
        [pieces, size, from] = [[], 0, end + 1];
        line++;
      }
      if (from < chunk.length) pieces.push(chunk.subarray(from));
      size += chunk.length - from;
      if (size > MAX_LINE) throw new LineError(line, 'it is too long');
    }
  } catch (error) {
    throw error instanceof LineError || !isBroken(error) ? error : new LineError(line, error.message);
  }
  if (size > 0) throw new LineError(line, 'the file ends within it');
}

/** Whether compressed bytes do not unpack. */
const isBroken = (error: unknown): error is Error =>
  error instanceof Error && String((error as { readonly code?: unknown }).code).startsWith('Z_');
