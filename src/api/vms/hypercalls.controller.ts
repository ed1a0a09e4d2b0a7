import { Body, Controller, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Envelope } from '../commands/answers.js';
import { Commands } from '../commands/commands.service.js';
import { type Exchange, Http } from '../http/http.js';
import { operation } from '../openapi/openapi-operation.js';
import { type HypercallBody, hypercallAnswer, hypercallBody } from '../shapes/hypercall.js';
import { type VcpuPath, noQuery, vcpuPath } from '../shapes/path.js';

/** Hypercalls of an x86_64 guest. */
@ApiTags('vCPUs')
@Controller('v1/vms/:vm/vcpus/:vcpu/hypercalls')
export class HypercallsController {
  constructor(@Inject(Commands) private readonly commands: Commands) {}

  @Post()
  @operation({
    summary: 'Tell a hypercall that the guest of an x86_64 vCPU makes',
    description:
      'VMCALL or VMMCALL. `nr` goes to rax, `args` to rbx, rcx, rdx and rsi, `registers` where they belong, and they stay there. A negative result is a result: `ret` is 0. With an `exit` the next run takes `hypercall.ret`, which becomes rax; with `waiting` an introspection tool has to reply first. Calls 32 and 33, MEM_MAP and MEM_UNMAP, are recorded in the ledgers of both VMs.',
    kind: 'command',
    answer: hypercallAnswer,
  })
  callHypervisor(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: hypercallBody }) body: HypercallBody,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'x86_hypercall', vcpu, ...body });
  }
}
