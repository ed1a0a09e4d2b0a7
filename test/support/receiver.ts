import { once } from 'node:events';
import { type IncomingHttpHeaders, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Bell } from './eventually.js';

/** What was posted to a receiver. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The position of the record in it. */
  readonly position: number;
}

/** How a receiver answers: with a status, or in a way of its own. */
export type Answering = number | ((response: ServerResponse, received: Received) => void);

/** A receiver of webhooks on the loopback. */
export class Receiver {
  readonly received: Received[] = [];
  /** How each delivery is answered from now on. */
  answer: Answering = 204;
  private readonly bell = new Bell();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<Receiver> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const receiver = new Receiver(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (request, response) => {
      void text(request).then(
        (body) =>
          receiver.take(
            { path: request.url ?? '', headers: request.headers, body, position: positionOf(body) },
            response,
          ),
        () => undefined,
      );
    });
    return receiver;
  }

  get positions(): number[] {
    return this.received.map(({ position }) => position);
  }

  /** Settles once so many deliveries have come; fails if no more come. */
  async until(count: number): Promise<void> {
    await this.bell.until(
      () => this.positions,
      () => this.received.length >= count,
    );
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private take(received: Received, response: ServerResponse): void {
    this.received.push(received);
    if (typeof this.answer === 'number') response.writeHead(this.answer).end();
    else this.answer(response, received);
    this.bell.ring();
  }
}

const positionOf = (body: string): number => Number((JSON.parse(body) as { id: string }).id);
