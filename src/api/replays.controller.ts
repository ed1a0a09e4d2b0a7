import { Body, Controller, Get, Inject, type MessageEvent, Param, Post, Query, Sse } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type Observable, map, of, takeUntil } from 'rxjs';
import type { Replay } from '../infra/replays.js';
import type { Service } from '../infra/service.js';
import { Closing } from './closing.service.js';
import { type Exchange, Http } from './http.js';
import { operation } from './openapi-operation.js';
import { RequestProblem } from './problem.js';
import { SERVICE } from './service.token.js';
import { type ReplayPath, noQuery, replayPath } from './shapes/path.js';
import { type ReplayBody, replayBody, replayShape } from './shapes/replay.js';

/** Re-execution of recorded commands. */
@ApiTags('Replays')
@Controller('v1/replays')
export class ReplaysController {
  constructor(
    @Inject(SERVICE) private readonly service: Service,
    @Inject(Closing) private readonly closing: Closing,
  ) {}

  @Post()
  @operation({
    summary: 'Start a replay of the journal, or of one VM',
    description: 'Executes every recorded command again and compares outcome, digests and final state.',
    kind: 'read',
    answer: replayShape,
    status: 202,
  })
  async startReplay(
    @Http() { reply }: Exchange,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: replayBody }) { vm }: ReplayBody,
  ): Promise<Replay> {
    const replay = await this.service.replays.start(vm);
    reply.header('location', `/v1/replays/${replay.id}`);
    return replay;
  }

  @Get(':id')
  @operation({ summary: 'Read how far a replay is', kind: 'read', answer: replayShape })
  getReplay(@Query({ schema: noQuery }) _: object, @Param({ schema: replayPath }) { id }: ReplayPath): Replay {
    return this.find(id);
  }

  @Sse(':id/events')
  @operation({
    summary: 'Follow a replay',
    description: 'Server-Sent Events: the replay as GET answers it, at each step; the stream ends with the replay.',
    kind: 'read',
    answer: replayShape,
    produces: ['text/event-stream'],
  })
  followReplay(
    @Query({ schema: noQuery }) _: object,
    @Param({ schema: replayPath }) { id }: ReplayPath,
  ): Observable<MessageEvent> {
    const now = this.find(id);
    const progress = now.state === 'running' ? this.service.replays.progress(id) : undefined;
    return (progress ?? of(now)).pipe(
      takeUntil(this.closing.begun),
      map((replay): MessageEvent => ({ type: 'replay', data: replay })),
    );
  }

  private find(id: string): Replay {
    const replay = this.service.replays.get(id);
    if (replay === undefined) throw new RequestProblem('unknown_replay', `there is no replay ${id}`);
    return replay;
  }
}
