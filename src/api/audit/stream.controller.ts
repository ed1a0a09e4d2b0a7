import { Controller, Get, Inject, Query, StreamableFile } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { Follower } from '../../infra/followers/followers.js';
import { searchOf } from '../../infra/journal/search.js';
import type { Service } from '../../infra/service.js';
import { Closing } from '../http/closing.service.js';
import { EVENT_STREAM, type Following, readableEvents } from '../http/event-stream.js';
import { type Exchange, Http, type HttpRequest, currentPrincipalOf, headerOf, principalOf } from '../http/http.js';
import { operation } from '../openapi/openapi-operation.js';
import { malformedRequest } from '../http/problem.js';
import { SERVICE } from '../http/service.token.js';
import { type StreamQuery, cloudEventShape, streamQuery } from '../shapes/journal.js';

const LAST_EVENT_ID = 'Last-Event-ID';

const POSITION = /^\d{1,16}$/;

/**
 * Milliseconds that a stream has to end in once the service stops, before its connection is cut. They go by in steps, so that a
 * moment in which the process stands still is no more than one of them.
 */
const GRACE = 500;
const STEPS = 10;

/** The journal as a stream of events. */
@ApiTags('Journal')
@Controller('v1/journal')
export class StreamController {
  constructor(
    @Inject(SERVICE) private readonly service: Service,
    @Inject(Closing) private readonly closing: Closing,
  ) {}

  @Get('stream')
  @ApiHeader({
    name: LAST_EVENT_ID,
    required: false,
    description: 'The id of the last event that the client has; records after it follow. 0: from the first record on.',
    schema: { type: 'integer', minimum: 0 },
  })
  @operation({
    summary: 'Follow the journal',
    description:
      'Server-Sent Events: each record that matches, as a CloudEvent, in order of position, once. Without Last-Event-ID and `after`, from now on.',
    kind: 'read',
    answer: cloudEventShape,
    produces: [EVENT_STREAM],
  })
  async followJournal(
    @Http() { request, reply }: Exchange,
    @Query({ schema: streamQuery }) { after, ...filters }: StreamQuery,
  ): Promise<StreamableFile> {
    const head = await this.service.journal.head();
    const query = { ...searchOf(filters), after: lastEventId(request, head) ?? within(head, 'after', after) ?? head };
    const ending = new AbortController();
    const follower = this.service.followers.join(query.after);
    const events = readableEvents(this.seenBy(request, follower), { query, signal: ending.signal });
    const stop = this.closing.begun.subscribe(() => {
      ending.abort();
      // A client that does not read would keep its connection from ending.
      let steps = 0;
      const wait = setInterval(() => ++steps === STEPS && reply.raw.destroy(), GRACE / STEPS);
      reply.raw.once('close', () => clearInterval(wait));
    });
    events.once('close', () => {
      stop.unsubscribe();
      follower.leave();
    });
    reply.header('content-type', EVENT_STREAM).header('cache-control', 'no-store').header('x-accel-buffering', 'no');
    return new StreamableFile(events);
  }

  /** A follower that finds what is there for whoever asks, as long as his token is good. */
  private seenBy(request: HttpRequest, follower: Follower): Following {
    return {
      next: async (query, waiting) => {
        follower.isAt(query.after);
        const look = await this.service.sight.next(principalOf(request), query, (asked) =>
          this.service.followers.next(asked, waiting),
        );
        await currentPrincipalOf(request);
        return look;
      },
    };
  }
}

/**
 * The position that the client says it has seen last; undefined if it says none.
 *
 * @throws RequestProblem if it is no position of this journal, of which `head` is the last
 */
function lastEventId(request: HttpRequest, head: number): number | undefined {
  const id = headerOf(request, LAST_EVENT_ID.toLowerCase());
  if (id === undefined || id === '') return undefined;
  if (!POSITION.test(id)) throw malformedRequest([{ field: LAST_EVENT_ID, message: 'must be the id of an event' }]);
  return within(head, LAST_EVENT_ID, Number(id));
}

/** @throws RequestProblem if a position is behind `head`: nothing would be sent until the journal has come to it */
function within(head: number, field: string, position: number | undefined): number | undefined {
  if (position === undefined || position <= head) return position;
  throw malformedRequest([{ field, message: `is beyond ${head}, the end of this journal` }]);
}
