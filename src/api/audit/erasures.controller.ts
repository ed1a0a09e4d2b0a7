import { Body, Controller, Get, Inject, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { type RecordBody, parseBody } from '../../domain/audit/record.js';
import type { CommandOf } from '../../domain/vm/command.js';
import type { Principal } from '../../infra/access/principal.js';
import { type ErasureRequest, WouldTakeFrom } from '../../infra/erasures/erasures.js';
import type { Service } from '../../infra/service.js';
import { Answering } from '../commands/answering.js';
import { type Envelope, setOutcome } from '../commands/answers.js';
import { cursorAfter, cursorOf, pageOf } from '../http/cursor.js';
import { type Exchange, Http, headerOf, principalOf } from '../http/http.js';
import { ifMatchOf } from '../http/if-match.js';
import { operation } from '../openapi/openapi-operation.js';
import { type Presentation, bodyOf } from '../commands/presentation.js';
import { RequestProblem } from '../http/problem.js';
import { SERVICE } from '../http/service.token.js';
import {
  type EraseBody,
  type ErasuresQuery,
  eraseBody,
  erasedShape,
  erasurePage,
  erasuresQuery,
} from '../shapes/erasure.js';
import { noQuery } from '../shapes/path.js';
import { traceOf } from '../http/trace-context.js';

type Facts = Pick<CommandOf<'erase_memory'>, 'from' | 'to' | 'reason' | 'records' | 'pieces' | 'bytes'>;

/** What a command of an erasure says for readers. */
const factsOf = ({ from, to, reason, records, pieces, bytes }: Facts): Envelope => ({
  from,
  to,
  reason,
  records,
  pieces,
  bytes,
});

/** An erasure as its record has it. */
const erasureView = ({ position, version, vm, time, actor, command }: RecordBody): object => ({
  position,
  version,
  vm,
  time,
  actor,
  ...factsOf(command as unknown as Facts),
});

/** What of guests' memory was removed from the journal, and by whom. */
@ApiTags('Audit')
@Controller('v1/audit/erasures')
export class ErasuresController {
  constructor(@Inject(SERVICE) private readonly service: Service) {}

  @Post()
  @operation({
    summary: "Erase the bytes of a VM's memory",
    description:
      'Removes what stands of guest memory beside the records of a VM, for ever, and records that it did. Records, proofs and digests stay. What needs the bytes is answered 410 from then on.',
    kind: 'erasure',
    answer: erasedShape,
    status: 201,
  })
  async eraseMemory(
    @Http() http: Exchange,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: eraseBody }) body: EraseBody,
  ): Promise<Envelope> {
    const { request, reply } = http;
    const principal = principalOf(request);
    await this.service.sight.assert(principal, body.vm);
    const { actor } = principal;
    let presentation: Presentation<Envelope> | undefined;
    let answering: Answering | undefined;
    const present: ErasureRequest['present'] = ({ command, kept }) => {
      const made = { body: { vm: body.vm, actor, ...factsOf(command), kept } };
      const one = new Answering(request, command.type, () => (presentation = made));
      answering = one;
      return (outcome) => one.decided(body.vm, outcome);
    };
    const erasing = this.service.erasures.erase({
      ...body,
      actor,
      requestId: request.id,
      trace: traceOf(request),
      ifMatch: ifMatchOf(headerOf(request, 'if-match')),
      present,
    });
    const { answer } = await erasing.catch((error: unknown) => this.refused(principal, error));
    answering?.isDurable(answer);
    setOutcome(reply, answer);
    return bodyOf(presentation ?? { body: {} }, answer);
  }

  @Get()
  @operation({ summary: 'List erasures in order of position', kind: 'read', answer: erasurePage })
  async listErasures(
    @Http() { request }: Exchange,
    @Query({ schema: erasuresQuery }) { vm, limit, cursor }: ErasuresQuery,
  ): Promise<object> {
    const after = cursorOf(cursor, z.int().min(0), 0);
    const query = { after, limit: limit + 1, type: 'erase_memory', ...(vm !== undefined && { vm }) };
    const { records, searchedTo } = await this.service.sight.records(principalOf(request), query);
    const { items, ...page } = pageOf(records, limit, ({ position }) => position);
    const next = searchedTo === undefined ? page : { nextCursor: cursorAfter(searchedTo) };
    const { areSwept: swept } = this.service.erasures;
    return { items: items.map(({ bytes }) => erasureView(parseBody(bytes))), ...next, swept };
  }

  /** Tells nobody of a VM that is not there for him. */
  private async refused(principal: Principal, error: unknown): Promise<never> {
    if (!(error instanceof WouldTakeFrom) || (await this.service.sight.of(principal, error.vm))) throw error;
    throw new RequestProblem('would_take_from', 'another VM is alive and has in its memory what would be erased');
  }
}
