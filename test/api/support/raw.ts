import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { text } from 'node:stream/consumers';

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A connection to a server on the loopback. */
export async function connected(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** One answer, of which the rest of the text is the body. */
export function answerOf(all: string): RawAnswer {
  const [head = '', ...body] = all.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line) => {
    const at = line.indexOf(':');
    return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()] as const;
  });
  return { status: Number(first.split(' ')[1]), headers: Object.fromEntries(headers), body: body.join('\r\n\r\n') };
}

/** What a server answers to these bytes until it closes the connection. */
export async function exchange(url: string, bytes: string): Promise<RawAnswer> {
  const socket = await connected(url);
  socket.write(bytes);
  return answerOf(await text(socket));
}
