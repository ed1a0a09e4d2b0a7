import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/** A place of its own in front of services that come one after the other, each on whatever port is free. */
export class Relay {
  private port = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<Relay> {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const relay = new Relay(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('connection', (socket) => relay.join(socket, connect(relay.port, '127.0.0.1')));
    return relay;
  }

  /** Hands connections on to this service from now on. */
  to(url: string): void {
    this.port = Number(new URL(url).port);
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /** Hands on what comes from either; one that fails takes the other along. */
  private join(...[one, other]: readonly [Socket, Socket]): void {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      this.sockets.add(from);
      from.on('error', () => to.destroy()).on('close', () => this.sockets.delete(from));
      from.pipe(to);
    }
  }
}
