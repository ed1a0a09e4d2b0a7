import { Body, Controller, Get, Inject, type MessageEvent, Param, Post, Query, Sse } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type Observable, concatMap, map, of, takeUntil } from 'rxjs';
import type { Principal } from '../../infra/access/principal.js';
import { seesAll } from '../../infra/access/visible.js';
import type { Replay } from '../../infra/replays.js';
import type { Service } from '../../infra/service.js';
import { Closing } from '../http/closing.service.js';
import { type Exchange, Http, currentPrincipalOf, principalOf } from '../http/http.js';
import { operation } from '../openapi/openapi-operation.js';
import { RequestProblem } from '../http/problem.js';
import { SERVICE } from '../http/service.token.js';
import { type ReplayPath, noQuery, replayPath } from '../shapes/path.js';
import { type ReplayBody, replayBody, replayShape } from '../shapes/replay.js';

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
    located: true,
  })
  async startReplay(
    @Http() { request, reply }: Exchange,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: replayBody }) { vm }: ReplayBody,
  ): Promise<Replay> {
    const principal = principalOf(request);
    if (vm !== undefined) await this.service.sight.assert(principal, vm);
    else if (!seesAll(principal)) throw new RequestProblem('forbidden', 'vm: is required of tokens limited to labels');
    const replay = await this.service.replays.start(vm);
    reply.header('location', `/v1/replays/${replay.id}`);
    return replay;
  }

  @Get(':id')
  @operation({ summary: 'Read how far a replay is', kind: 'read', answer: replayShape })
  async getReplay(
    @Http() { request }: Exchange,
    @Query({ schema: noQuery }) _: object,
    @Param({ schema: replayPath }) { id }: ReplayPath,
  ): Promise<Replay> {
    const principal = principalOf(request);
    return this.seenBy(principal, await this.find(principal, id));
  }

  @Sse(':id/events')
  @operation({
    summary: 'Follow a replay',
    description: 'Server-Sent Events: the replay as GET answers it, at each step; the stream ends with the replay.',
    kind: 'read',
    answer: replayShape,
    produces: ['text/event-stream'],
  })
  async followReplay(
    @Http() { request }: Exchange,
    @Query({ schema: noQuery }) _: object,
    @Param({ schema: replayPath }) { id }: ReplayPath,
  ): Promise<Observable<MessageEvent>> {
    const now = await this.find(principalOf(request), id);
    const progress = now.state === 'running' ? this.service.replays.progress(id) : undefined;
    return (progress ?? of(now)).pipe(
      takeUntil(this.closing.begun),
      concatMap(async (replay) => this.seenBy(await currentPrincipalOf(request), replay)),
      map((replay): MessageEvent => ({ type: 'replay', data: replay })),
    );
  }

  private async find(principal: Principal, id: string): Promise<Replay> {
    const replay = this.service.replays.get(id);
    const isSeen = replay?.vm === undefined ? seesAll(principal) : await this.service.sight.of(principal, replay.vm);
    if (replay === undefined || !isSeen) throw new RequestProblem('unknown_replay', `there is no replay ${id}`);
    return replay;
  }

  /** A replay without what it found out about VMs that are not there for somebody. */
  private async seenBy(principal: Principal, replay: Replay): Promise<Replay> {
    if (seesAll(principal)) return replay;
    const seen = await Promise.all(replay.divergences.map(({ vm }) => this.service.sight.of(principal, vm)));
    return { ...replay, divergences: replay.divergences.filter((_, i) => seen[i]) };
  }
}
