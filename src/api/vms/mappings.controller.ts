import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { hex } from '../../domain/json.js';
import { type Envelope, fieldsOf } from '../commands/answers.js';
import { Commands } from '../commands/commands.service.js';
import { cursorAfter, cursorOf } from '../http/cursor.js';
import { type Exchange, Http } from '../http/http.js';
import { momentOf } from '../http/moment.js';
import { operation } from '../openapi/openapi-operation.js';
import { type MappingsQuery, mappingsAnswer, mappingsQuery } from '../shapes/mappings.js';
import { hex as hexShape } from '../shapes/output.js';
import { type VcpuPath, vcpuPath } from '../shapes/path.js';

/** What page tables map. */
@ApiTags('Translation')
@Controller('v1/vms/:vm/vcpus/:vcpu/mappings')
export class MappingsController {
  constructor(@Inject(Commands) private readonly commands: Commands) {}

  @Get()
  @operation({
    summary: 'Read what a range of linear addresses is mapped to, as the vCPU is or was',
    description:
      'x86_64. Runs of pages in a row with the same rights and size, in order of address. A page of the answer may be short, or cut a run in two, where the tables are many. Sets no bits.',
    kind: 'command',
    answer: mappingsAnswer,
  })
  async readMappings(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: mappingsQuery }) query: MappingsQuery,
  ): Promise<Envelope> {
    const from = BigInt(cursorOf(query.cursor, hexShape, hex(query.from)));
    const { to, limit } = query;
    const asOf = await this.commands.asOf(vm, momentOf(query));
    return this.commands.present(http, vm, { type: 'read_mappings', vcpu, from, to, limit, asOf }, (outcome) => {
      const { next, ...fields } = fieldsOf(outcome);
      return { body: typeof next === 'string' ? { ...fields, nextCursor: cursorAfter(next) } : fields };
    });
  }
}
