import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-codes.js';
import { type Query, type RemoteOptions, ask } from './remote.js';

/** Milliseconds between two attempts to reach a service that was there before. */
const RETRY = 1000;

/** One event of a stream of Server-Sent Events; `id` alone says how far the stream is. */
interface StreamEvent {
  readonly id?: string;
  readonly data?: string;
}

/** The events of a stream (HTML Living Standard, section 9.2), as far as the service uses them. */
async function* eventsOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const frames = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n\n');
    rest = frames.pop() ?? '';
    for (const frame of frames)
      yield Object.fromEntries(
        frame.split('\n').flatMap((line) => {
          const [, field, value] = /^(id|data): ?(.*)$/.exec(line) ?? [];
          return field === undefined ? [] : [[field, value]];
        }),
      );
  }
}

/** Whether the service cannot be reached, and is to be asked again. */
const isGone = (error: unknown): boolean =>
  error instanceof CliError ? error.exitCode === EXIT.unreachable : error instanceof TypeError;

/**
 * What a stream of events tells, each event once: whenever the connection is lost, it goes on after the last.
 *
 * @param after the position to begin after; what is to come if absent
 * @throws CliError if the service is not there at first, or refuses
 */
export async function* follow(
  options: RemoteOptions,
  path: string,
  query: Query,
  after: number | undefined,
): AsyncGenerator<string, never> {
  let last = after === undefined ? undefined : String(after);
  let wasThere = false;
  for (;;) {
    try {
      const headers = { accept: 'text/event-stream', ...(last !== undefined && { 'last-event-id': last }) };
      const { body } = await ask(options, path, query, headers);
      wasThere = true;
      for await (const { id, data } of eventsOf((body ?? []) as AsyncIterable<Uint8Array>)) {
        if (data !== undefined) yield data;
        last = id ?? last;
      }
    } catch (error) {
      if (!wasThere || !isGone(error)) throw error;
    }
    await sleep(RETRY);
  }
}
