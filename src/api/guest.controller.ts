import { Body, Controller, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Envelope } from './answers.js';
import { Commands } from './commands.service.js';
import { type Exchange, Http } from './http.js';
import { operation } from './openapi-operation.js';
import { type GuestBody, guestAnswer, guestBody } from './shapes/guest.js';
import { type VcpuPath, noQuery, vcpuPath } from './shapes/path.js';

/** What a guest does by itself. */
@ApiTags('vCPUs')
@Controller('v1/vms/:vm/vcpus/:vcpu/guest')
export class GuestController {
  constructor(@Inject(Commands) private readonly commands: Commands) {}

  @Post()
  @operation({
    summary: 'Tell an instruction that the guest executes',
    description:
      'Addresses are real for iske, rrbe, sske and pfmf of one frame, absolute for essa and where several frames are meant, logical else. A program interruption of the instruction is the positive `ret`; none is queued. Registers but the prefix stay as they are.',
    kind: 'command',
    answer: guestAnswer,
  })
  executeGuestInstruction(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: guestBody }) body: GuestBody,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 's390_guest', vcpu, ...body });
  }
}
