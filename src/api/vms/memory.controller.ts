import { Body, Controller, Get, Inject, Param, Put, Query, StreamableFile } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { hex } from '../../domain/json.js';
import type { CommandOf } from '../../domain/vm/command.js';
import { JSON_TYPE, OCTETS, TEXT, accepted } from '../http/accept.js';
import type { Envelope } from '../commands/answers.js';
import { Commands } from '../commands/commands.service.js';
import { type Exchange, Http } from '../http/http.js';
import { momentOf } from '../http/moment.js';
import { hexdumpAnswer, inOctets } from '../commands/octets.js';
import { operation } from '../openapi/openapi-operation.js';
import { plainly } from '../commands/presentation.js';
import { malformedRequest } from '../http/problem.js';
import { orOctets } from '../http/schema.pipe.js';
import {
  type MemoryBody,
  type ReadMemoryQuery,
  memoryAnswer,
  memoryBody,
  readMemoryQuery,
  writeMemoryQuery,
} from '../shapes/memory.js';
import { done } from '../shapes/output.js';
import { type VmPath, vmPath } from '../shapes/path.js';

type WriteQuery = z.output<typeof writeMemoryQuery>;

/** One write at the query's address, or at that of the body. */
function single(data: Uint8Array, gpa: bigint | undefined, query: WriteQuery): CommandOf<'write_memory'> {
  const address = gpa ?? query.gpa;
  if (address === undefined) throw malformedRequest([{ field: 'gpa', message: 'is required' }]);
  if (gpa !== undefined && query.gpa !== undefined)
    throw malformedRequest([{ field: 'gpa', message: 'cannot be given in the query and in the body' }]);
  return { type: 'write_memory', extents: [{ gpa: address, size: data.length }], data };
}

function writeOf(body: MemoryBody | Uint8Array | undefined, query: WriteQuery): CommandOf<'write_memory'> {
  if (body === undefined || (body instanceof Uint8Array && body.length === 0))
    throw malformedRequest([{ field: 'body', message: 'is required' }]);
  if (body instanceof Uint8Array) return single(body, undefined, query);
  if (body.data) return single(body.data, body.gpa, query);
  if (query.gpa !== undefined) throw malformedRequest([{ field: 'gpa', message: 'cannot be given beside writes' }]);
  const writes = body.writes ?? [];
  const extents = writes.map(({ gpa, data }) => ({ gpa, size: data.length }));
  return { type: 'write_memory', extents, data: Buffer.concat(writes.map(({ data }) => data)) };
}

/** The VMM's own view of guest memory: no keys, no translation. */
@ApiTags('Memory')
@Controller('v1/vms/:vm/memory')
export class MemoryController {
  constructor(@Inject(Commands) private readonly commands: Commands) {}

  @Put()
  @operation({
    summary: 'Write guest memory through the mapping of the VMM',
    description: 'At most 16 MiB a call; all of it or, if a byte is in no slot, nothing.',
    kind: 'command',
    bulk: true,
    answer: done,
    consumes: [JSON_TYPE, OCTETS],
  })
  writeMemory(
    @Http() http: Exchange,
    @Param({ schema: vmPath }) { vm }: VmPath,
    @Query({ schema: writeMemoryQuery }) query: WriteQuery,
    @Body({ schema: orOctets(memoryBody) }) body: MemoryBody | Uint8Array | undefined,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, writeOf(body, query));
  }

  @Get()
  @operation({
    summary: 'Read guest memory through the mapping of the VMM, as it is or as it was',
    description:
      'Recorded in the journal, also when it is the past that is read. As text it is written as `hexdump -C` writes it.',
    kind: 'command',
    answer: memoryAnswer,
    produces: [JSON_TYPE, OCTETS, TEXT],
  })
  async readMemory(
    @Http() http: Exchange,
    @Param({ schema: vmPath }) { vm }: VmPath,
    @Query({ schema: readMemoryQuery }) query: ReadMemoryQuery,
  ): Promise<Envelope | Buffer | StreamableFile> {
    const { gpa, size } = query;
    const form = accepted(http.request, [JSON_TYPE, OCTETS, TEXT]);
    const asOf = await this.commands.asOf(vm, momentOf(query));
    const command = { type: 'read_memory', gpa, size, asOf } as const;
    if (form === JSON_TYPE) return this.commands.present(http, vm, command, plainly({ gpa: hex(gpa) }));
    const bytes = await this.commands.present(http, vm, command, inOctets);
    return form === OCTETS ? bytes : hexdumpAnswer(http, bytes, gpa);
  }
}
