import { Body, Controller, Get, Inject, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { type RecordBody, parseBody } from '../domain/audit/record.js';
import type { Service } from '../infra/service.js';
import { Commands } from './commands.service.js';
import { type Page, cursorOf, pageOf } from './cursor.js';
import { type Exchange, Http } from './http.js';
import { operation } from './openapi-operation.js';
import { SERVICE } from './service.token.js';
import {
  type EraseBody,
  type ErasuresQuery,
  eraseBody,
  erasedShape,
  erasurePage,
  erasuresQuery,
} from './shapes/erasure.js';
import { noQuery } from './shapes/path.js';

/** What a command of an erasure says for readers. */
const factsOf = ({ from, to, reason, records, pieces, bytes }: Readonly<Record<string, unknown>>): object => ({
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
  ...factsOf(command),
});

/** What of guests' memory was removed from the journal, and by whom. */
@ApiTags('Audit')
@Controller('v1/audit/erasures')
export class ErasuresController {
  constructor(
    @Inject(SERVICE) private readonly service: Service,
    @Inject(Commands) private readonly commands: Commands,
  ) {}

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
  ): Promise<object> {
    const by = this.commands.by(http);
    const { answer, command, kept, swept } = await this.service.erasures.erase({ ...body, ...by });
    const { vm, version, position } = answer;
    return { position, version, vm, actor: by.actor, ...factsOf(command), kept, swept };
  }

  @Get()
  @operation({ summary: 'List erasures in order of position', kind: 'read', answer: erasurePage })
  async listErasures(@Query({ schema: erasuresQuery }) { vm, limit, cursor }: ErasuresQuery): Promise<Page<object>> {
    const after = cursorOf(cursor, z.int().min(0), 0);
    const query = { after, limit: limit + 1, type: 'erase_memory', ...(vm !== undefined && { vm }) };
    const found = await this.service.journal.read(query);
    const { items, ...page } = pageOf(found, limit, ({ position }) => position);
    return { items: items.map(({ bytes }) => erasureView(parseBody(bytes))), ...page };
  }
}
