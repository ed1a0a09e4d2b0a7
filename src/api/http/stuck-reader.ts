import { EVENT_STREAM } from './event-stream.js';
import type { SentReply } from './http.js';

/** Milliseconds in which a reader has to take something of an answer that is on its way. */
export const READER_PATIENCE = 120_000;

/**
 * Ends the connection of a reader that takes nothing of an answer for so long, so that the answer is held no longer. One that waits for
 * more than there is yet keeps it, and so does an event stream, of which no more than a piece is held.
 */
export function partWithStuckReader(reply: SentReply, patience: number): void {
  if (reply.getHeader('content-type') === EVENT_STREAM) return;
  const { raw } = reply;
  raw.setTimeout(patience, () => {
    if (raw.writableLength > 0) raw.destroy();
  });
  // Node leaves the time to the next answer of pipelined requests, and parts with whoever waits for that so long.
  raw.prependOnceListener('finish', () => raw.socket?.setTimeout(0));
}
