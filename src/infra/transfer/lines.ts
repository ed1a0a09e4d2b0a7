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
    const broken = unpackingOf(error);
    throw broken === undefined ? error : new LineError(line, broken);
  }
  if (size > 0) throw new LineError(line, 'the file ends within it');
}

/** Why compressed bytes do not unpack, if that is it; told by its shape, since realms have classes of their own. */
function unpackingOf(error: unknown): string | undefined {
  const { code, message } = Object(error) as { readonly code?: unknown; readonly message?: unknown };
  return String(code).startsWith('Z_') ? String(message) : undefined;
}
