import { Body, Controller, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Envelope } from '../commands/answers.js';
import { Commands } from '../commands/commands.service.js';
import { type Exchange, Http } from '../http/http.js';
import { operation } from '../openapi/openapi-operation.js';
import { type VcpuPath, noQuery, vcpuPath } from '../shapes/path.js';
import { type SmcccBody, smcccAnswer, smcccBody } from '../shapes/smccc.js';

/** Calls of an aarch64 guest by the SMC calling convention. */
@ApiTags('vCPUs')
@Controller('v1/vms/:vm/vcpus/:vcpu/smccc')
export class SmcccController {
  constructor(@Inject(Commands) private readonly commands: Commands) {}

  @Post()
  @operation({
    summary: 'Tell an HVC or SMC that the guest of an aarch64 vCPU executes',
    description:
      'Counts as a run. `functionId` is all of x0, `args` go to x1 and on, and they stay there unless the call is answered. A negative result of the call is a result: `ret` is 0. With an `exit` user space answers by PATCH of the registers; the next run goes on with them. EINTR: the vCPU is stopped or suspended, so its guest executes nothing.',
    kind: 'command',
    answer: smcccAnswer,
  })
  call(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: smcccBody }) body: SmcccBody,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'smccc', vcpu, ...body });
  }
}
