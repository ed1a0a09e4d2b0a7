import { Body, Controller, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Command } from '../../domain/vm/command.js';
import type { Envelope } from '../commands/answers.js';
import { byArch } from '../http/by-arch.js';
import { type BodyOf, Commands } from '../commands/commands.service.js';
import { type Exchange, Http } from '../http/http.js';
import { operation } from '../openapi/openapi-operation.js';
import { guestAnswer, guestBody, x86GuestBody } from '../shapes/guest.js';
import { type VcpuPath, noQuery, vcpuPath } from '../shapes/path.js';

const bodies = byArch({ s390x: guestBody, x86_64: x86GuestBody, aarch64: guestBody });

/** The command that tells an instruction; aarch64 has none, and refuses that of s390x. */
function executing(vcpu: number, { arch, body }: BodyOf<typeof bodies.shapes>): Command {
  return arch === 'x86_64' ? { type: 'x86_guest', vcpu, ...body } : { type: 's390_guest', vcpu, ...body };
}

/** What a guest does by itself. */
@ApiTags('vCPUs')
@Controller('v1/vms/:vm/vcpus/:vcpu/guest')
export class GuestController {
  constructor(@Inject(Commands) private readonly commands: Commands) {}

  @Post()
  @operation({
    summary: 'Tell an instruction that the guest executes',
    description:
      's390x: addresses are real for iske, rrbe, sske and pfmf of one frame, absolute for essa and where several frames are meant, logical else; a program interruption of the instruction is the positive `ret`, and none is queued; registers but the prefix stay as they are. x86_64: addresses are linear, with the rights of the CPL; an exception is in `exception`, and of registers only those change that the instruction is about, and CR2; where an introspection tool is to be told first, `waiting` is the number of the event, and nothing has happened yet.',
    kind: 'command',
    answer: guestAnswer,
  })
  async executeGuestInstruction(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: bodies }) body: unknown,
  ): Promise<Envelope> {
    const read = await this.commands.bodyFor(vm, bodies, body);
    return this.commands.answer(http, vm, executing(vcpu, read));
  }
}
