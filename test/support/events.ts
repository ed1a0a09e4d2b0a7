import { once } from 'node:events';
import { type IncomingMessage, get } from 'node:http';
import { StringDecoder } from 'node:string_decoder';
import { Bell } from './eventually.js';

/** What a stream of Server-Sent Events dispatches. */
export interface ServerEvent {
  readonly id: string;
  readonly type: string;
  readonly data: string;
}

/** Reads an event stream as the HTML Living Standard says (9.2.6): text in any pieces in, whole events out. */
export class EventParser {
  private rest = '';
  private data: string[] = [];
  private type = '';
  private id = '';
  /** The id that a client names when it comes again. */
  lastEventId = '';
  /** The id that it had first. */
  firstEventId: string | undefined;
  retry: number | undefined;
  comments = 0;

  push(text: string): ServerEvent[] {
    const lines = `${this.rest}${text}`.split('\n');
    this.rest = lines.pop() ?? '';
    return lines.flatMap((line) => (line === '' ? this.dispatch() : this.field(line)));
  }

  private field(line: string): ServerEvent[] {
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === '') this.comments++;
    if (name === 'data') this.data.push(value);
    if (name === 'event') this.type = value;
    if (name === 'id') this.id = value;
    if (name === 'retry') this.retry = Number(value);
    return [];
  }

  private dispatch(): ServerEvent[] {
    this.lastEventId = this.id;
    this.firstEventId ??= this.id;
    const data = this.data.join('\n');
    const type = this.type || 'message';
    this.data = [];
    this.type = '';
    return data === '' ? [] : [{ id: this.id, type, data }];
  }
}

/** A client of one connection to an event stream. */
export class EventClient {
  readonly events: ServerEvent[] = [];
  readonly parser = new EventParser();
  /** Settles when the stream is over: true if it ended, false if it was cut. */
  readonly over: Promise<boolean>;
  bytes = 0;
  private readonly decoder = new StringDecoder('utf8');
  private readonly bell = new Bell();
  private isOver = false;

  private constructor(readonly response: IncomingMessage) {
    response.on('data', (chunk: Buffer) => {
      this.bytes += chunk.length;
      this.events.push(...this.parser.push(this.decoder.write(chunk)));
      this.bell.ring();
    });
    this.over = new Promise((resolve) => {
      response.on('end', () => resolve(true));
      response.on('error', () => resolve(false));
      response.on('close', () => resolve(false));
    });
    void this.over.then(() => {
      this.isOver = true;
      this.bell.ring();
    });
  }

  /** @throws if there is no connection */
  static async open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<EventClient> {
    const [response] = (await once(get(url, { headers, agent: false }), 'response')) as [IncomingMessage];
    return new EventClient(response);
  }

  get ids(): number[] {
    return this.events.map(({ id }) => Number(id));
  }

  /** Settles once what was received is enough, or the stream is over; fails if no more events come. */
  async until(enough: () => boolean): Promise<this> {
    await this.bell.until(
      () => this.ids,
      () => enough() || this.isOver,
    );
    return this;
  }

  close(): void {
    this.response.destroy();
  }
}
