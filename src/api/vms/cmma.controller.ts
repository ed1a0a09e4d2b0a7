import { Body, Controller, Get, Inject, Param, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { cmmaFlags } from '../../domain/shapes/s390x-marks.js';
import type { Envelope } from '../commands/answers.js';
import { Commands } from '../commands/commands.service.js';
import { type Exchange, Http } from '../http/http.js';
import { operation } from '../openapi/openapi-operation.js';
import { type CmmaBody, type CmmaQuery, cmmaAnswer, cmmaBody, cmmaQuery } from '../shapes/cmma.js';
import { done } from '../shapes/output.js';
import { type VmPath, noQuery, vmPath } from '../shapes/path.js';

/** CMMA states of guest pages. */
@ApiTags('Storage keys and CMMA')
@Controller('v1/vms/:vm/cmma')
export class CmmaController {
  constructor(@Inject(Commands) private readonly commands: Commands) {}

  @Get()
  @operation({
    summary: 'Collect the CMMA states that changed in migration mode, or look at any',
    description:
      'KVM_S390_GET_CMMA_BITS. Goes on at `startGfn`, and from the first page where nothing is left; what was collected is not told again.',
    kind: 'command',
    answer: cmmaAnswer,
  })
  getCmmaValues(
    @Http() http: Exchange,
    @Param({ schema: vmPath }) { vm }: VmPath,
    @Query({ schema: cmmaQuery }) { startGfn, count, peek, flags: given }: CmmaQuery,
  ): Promise<Envelope> {
    const flags = cmmaFlags.parse([given, ...(peek ? ['peek'] : [])]);
    return this.commands.answer(http, vm, { type: 's390_get_cmma_bits', startGfn, count, flags: [...flags] });
  }

  @Put()
  @operation({
    summary: 'Set CMMA states',
    description: 'KVM_S390_SET_CMMA_BITS.',
    kind: 'command',
    bulk: true,
    answer: done,
  })
  setCmmaValues(
    @Http() http: Exchange,
    @Param({ schema: vmPath }) { vm }: VmPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: cmmaBody }) { startGfn, count, mask, values, flags }: CmmaBody,
  ): Promise<Envelope> {
    const pages = count ?? values?.length ?? 1;
    const command = { type: 's390_set_cmma_bits', startGfn, count: pages, flags, mask, data: values } as const;
    return this.commands.answer(http, vm, command);
  }
}
