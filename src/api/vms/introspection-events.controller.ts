import { Body, Controller, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { concatMap, filter, first, firstValueFrom, map, merge, of, timer } from 'rxjs';
import type { z } from 'zod';
import { pendingEvents } from '../../domain/introspection/view.js';
import type { Service } from '../../infra/service.js';
import { answerJson } from '../http/answer-json.js';
import type { Envelope } from '../commands/answers.js';
import { Closing } from '../http/closing.service.js';
import { Commands } from '../commands/commands.service.js';
import { type Exchange, Http, currentPrincipalOf } from '../http/http.js';
import { introspectedIn } from './introspected.js';
import { operation } from '../openapi/openapi-operation.js';
import { SERVICE } from '../http/service.token.js';
import {
  type EventPath,
  type EventsQuery,
  eventPath,
  eventsAnswer,
  eventsQuery,
  replyAnswer,
  replyBody,
} from '../shapes/introspection.js';
import { type VmPath, noQuery, vmPath } from '../shapes/path.js';

/** The events of an introspected VM, and the tool's replies. */
@ApiTags('Introspection')
@Controller('v1/vms/:vm/introspection/events')
export class IntrospectionEventsController {
  constructor(
    @Inject(Commands) private readonly commands: Commands,
    @Inject(SERVICE) private readonly service: Service,
    @Inject(Closing) private readonly closing: Closing,
  ) {}

  @Get()
  @operation({
    summary: 'Read the events that wait for an answer',
    description:
      'With none the request is held for up to `wait` milliseconds, or until the VM is destroyed. Nothing is recorded.',
    kind: 'read',
    answer: eventsAnswer,
  })
  getEvents(
    @Http() http: Exchange,
    @Param({ schema: vmPath }) { vm }: VmPath,
    @Query({ schema: eventsQuery }) query: EventsQuery,
  ): Promise<Envelope> {
    const late = merge(timer(query.wait), this.closing.begun).pipe(map(() => true));
    const news = this.service.journal.appended.pipe(
      filter((record) => record.vm === vm),
      map(() => false),
    );
    const readings = merge(of(query.wait === 0), news, late).pipe(
      concatMap(async (last) => ({ last, ...(await this.read(http, vm, query)) })),
    );
    const found = readings.pipe(first(({ last, over, items }) => last || over || items.length > 0));
    return firstValueFrom(found.pipe(map(({ items, version, position }) => ({ items, version, position }))));
  }

  @Post(':seq/reply')
  @operation({
    summary: 'Reply to an event',
    description:
      'An action that the event does not take, or the name of another event, closes the channel. ENOENT: nothing waits for this reply.',
    kind: 'command',
    answer: replyAnswer,
  })
  reply(
    @Http() http: Exchange,
    @Param({ schema: eventPath }) { vm, seq }: EventPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: replyBody }) body: z.output<typeof replyBody>,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'introspection_reply', seq, ...body });
  }

  private async read(http: Exchange, vm: string, { after, limit }: EventsQuery) {
    await currentPrincipalOf(http.request);
    const existing = await this.commands.view(http, vm, undefined);
    const introspected = introspectedIn(existing);
    const events = pendingEvents(introspected).filter(({ seq }) => seq > after);
    const { version, position } = existing;
    const over = introspected.regions.lifecycle === 'destroyed';
    return { over, items: events.slice(0, limit).map((event) => answerJson(event)), version, position };
  }
}
