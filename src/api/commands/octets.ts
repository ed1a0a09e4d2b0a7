import { StreamableFile } from '@nestjs/common';
import { Readable } from 'node:stream';
import { hexdump } from '../../domain/memory/hexdump.js';
import type { Outcome } from '../../infra/machines/submission.js';
import { toJson } from '../../domain/json.js';
import { OCTETS, TEXT } from '../http/accept.js';
import type { Exchange } from '../http/http.js';
import type { Presentation } from './presentation.js';

const NOTHING = Buffer.alloc(0);

/**
 * Presents the data that a command read as it is; its result is in the headers: KVM-Ret and, if an exception arose,
 * KVM-Exception in JSON.
 */
export function inOctets({ decision }: Pick<Outcome, 'decision'>): Presentation<Buffer> {
  const { data, exception } = decision.reply;
  const headers = {
    'content-type': OCTETS,
    ...(exception !== undefined && { 'kvm-exception': JSON.stringify(toJson(exception)) }),
  };
  const body = data instanceof Uint8Array ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : NOTHING;
  return { body, headers };
}

/** Lines of a hexdump that are sent as one. */
const LINES = 512;

function* inPieces(lines: Iterable<string>): Generator<string> {
  let piece: string[] = [];
  for (const line of lines) {
    if (piece.push(line) < LINES) continue;
    yield piece.join('');
    piece = [];
  }
  yield piece.join('');
}

/** Answers bytes as text, as `hexdump -C` writes them; `start` is the address of the first. */
export function hexdumpAnswer({ reply }: Exchange, bytes: Uint8Array, start: bigint): StreamableFile {
  reply.header('content-type', `${TEXT}; charset=utf-8`);
  return new StreamableFile(Readable.from(inPieces(hexdump(bytes, start)), { objectMode: false }));
}
