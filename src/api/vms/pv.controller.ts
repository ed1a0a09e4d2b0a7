import { Body, Controller, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Envelope } from '../commands/answers.js';
import { Commands } from '../commands/commands.service.js';
import { type Exchange, Http } from '../http/http.js';
import { operation } from '../openapi/openapi-operation.js';
import { type VcpuPath, type VmPath, noQuery, vcpuPath, vmPath } from '../shapes/path.js';
import { type PvBody, type PvCpuBody, pvAnswer, pvBody, pvCpuAnswer, pvCpuBody } from '../shapes/pv.js';

const BAD_ADDRESS =
  'An empty body is a bad address, and so are missing fields of the structure that a command takes: EFAULT at its place in the order of checks. `ultravisor` tells the modelled ultravisor to refuse, `host` what goes wrong on the host.';

/** Protected virtualization of VMs and vCPUs. */
@ApiTags('Protected virtualization')
@Controller('v1/vms/:vm')
export class PvController {
  constructor(@Inject(Commands) private readonly commands: Commands) {}

  @Post('pv')
  @operation({
    summary: 'A command of protected virtualization on a VM',
    description: `KVM_S390_PV_COMMAND; \`rc\` and \`rrc\` are in a refusal, too, from the command's own checks on. ${BAD_ADDRESS}`,
    kind: 'command',
    answer: pvAnswer,
  })
  pvCommand(
    @Http() http: Exchange,
    @Param({ schema: vmPath }) { vm }: VmPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: pvBody }) body: PvBody,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 's390_pv_command', ...body });
  }

  @Post('vcpus/:vcpu/pv')
  @operation({
    summary: 'A command of protected virtualization on a vCPU',
    description: `KVM_S390_PV_CPU_COMMAND: \`dump\` with the subcommand \`cpu\`. ${BAD_ADDRESS}`,
    kind: 'command',
    answer: pvCpuAnswer,
  })
  pvCpuCommand(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: pvCpuBody }) body: PvCpuBody,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 's390_pv_cpu_command', vcpu, ...body });
  }
}
