import { createHash } from 'node:crypto';
import type { ZodType } from 'zod';
import { sameBytes } from '../../domain/audit/tlog/merkle.js';
import { firstFault, words } from '../../domain/shapes/words.js';
import { type Entry, type Header, type Trailer, entry, header, trailer } from './export-format.js';
import { LineError, linesOf } from './lines.js';

/** Reads an export line by line; whatever is not as export-format.ts has it is a LineError. */
export class ExportReader {
  private readonly lines: AsyncIterator<Buffer>;
  private readonly hash = createHash('sha256');
  private at = 0;

  /** @param from the export's bytes, unpacked */
  constructor(from: AsyncIterable<Uint8Array>) {
    this.lines = linesOf(from);
  }

  /** The first line. */
  async header(): Promise<Header> {
    return this.parse(header, await this.counted());
  }

  /** The lines after the first, so many. */
  async *entries({ records }: Header): AsyncGenerator<Entry, undefined> {
    for (let position = 1; position <= records; position++) {
      const found = this.parse(entry, await this.counted());
      if (found.position !== position) throw this.wrong(`it is position ${found.position}, not ${position}`);
      yield found;
    }
  }

  /** The last line, which must speak of this tree and of the lines before it. */
  async trailer(records: number, root: Uint8Array): Promise<Trailer> {
    const found = this.parse(trailer, await this.next());
    if (found.records !== records) throw this.wrong(`${found.records} records were written, not ${records}`);
    if (!sameBytes(found.root, root)) throw this.wrong('the records before it are not those that were written');
    if (!sameBytes(found.sha256, this.hash.digest()))
      throw this.wrong('the lines before it are not as they were written');
    const { done } = await this.lines.next();
    this.at++;
    if (!done) throw this.wrong('there is nothing more to come');
    return found;
  }

  private async counted(): Promise<Buffer> {
    const line = await this.next();
    this.hash.update(line);
    return line;
  }

  private async next(): Promise<Buffer> {
    this.at++;
    const next = await this.lines.next();
    if (next.done) throw this.wrong('the file ends before it');
    return next.value;
  }

  private parse<Line>(shape: ZodType<Line>, line: Buffer): Line {
    const { data, error } = shape.safeParse(jsonOf(line), { error: words });
    if (error) throw this.wrong(firstFault(error));
    return data;
  }

  private wrong(detail: string): LineError {
    return new LineError(this.at, detail);
  }
}

/** What a line says; undefined if it is not JSON. */
function jsonOf(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString());
  } catch {
    return undefined;
  }
}
