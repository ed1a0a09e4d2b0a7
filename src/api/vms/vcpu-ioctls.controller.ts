import { Body, Controller, Get, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import type { UcasMapping } from '../../domain/shapes/s390x-vcpu.js';
import type { Envelope } from '../commands/answers.js';
import { Commands } from '../commands/commands.service.js';
import { type Exchange, Http } from '../http/http.js';
import { operation } from '../openapi/openapi-operation.js';
import { done } from '../shapes/output.js';
import { type VcpuPath, noQuery, vcpuPath } from '../shapes/path.js';
import {
  type UcasBody,
  oneRegAnswer,
  oneRegBody,
  oneRegPath,
  preFaultAnswer,
  preFaultBody,
  ucasBody,
  ucasUnmapBody,
  vcpuFaultBody,
} from '../shapes/run.js';

type OneRegPath = z.output<typeof oneRegPath>;

const mappingOf = ({ userAddr, vcpuAddr, length }: UcasBody): UcasMapping | undefined =>
  userAddr === undefined || vcpuAddr === undefined || length === undefined ? undefined : { userAddr, vcpuAddr, length };

/** Single registers, and what a vCPU's addresses lead to. */
@ApiTags('vCPUs')
@Controller('v1/vms/:vm/vcpus/:vcpu')
export class VcpuIoctlsController {
  constructor(@Inject(Commands) private readonly commands: Commands) {}

  @Get('one-reg/:id')
  @operation({
    summary: 'Read a register by its id',
    description: 'KVM_GET_ONE_REG.',
    kind: 'command',
    answer: oneRegAnswer,
  })
  getOneReg(
    @Http() http: Exchange,
    @Param({ schema: oneRegPath }) { vm, vcpu, id }: OneRegPath,
    @Query({ schema: noQuery }) _: object,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'get_one_reg', vcpu, id });
  }

  @Put('one-reg/:id')
  @operation({
    summary: 'Set a register by its id',
    description: 'KVM_SET_ONE_REG. A body without the value is a bad address: EFAULT.',
    kind: 'command',
    answer: done,
  })
  setOneReg(
    @Http() http: Exchange,
    @Param({ schema: oneRegPath }) { vm, vcpu, id }: OneRegPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: oneRegBody }) { value }: z.output<typeof oneRegBody>,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'set_one_reg', vcpu, id, value });
  }

  @Post('pre-fault')
  @operation({
    summary: 'Fault memory in before the guest needs it',
    description: 'KVM_PRE_FAULT_MEMORY. `gpa` and `size` are what remains.',
    kind: 'command',
    answer: preFaultAnswer,
  })
  preFault(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: preFaultBody }) body: z.output<typeof preFaultBody>,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'pre_fault_memory', vcpu, ...body });
  }

  @Post('fault')
  @operation({
    summary: 'Fault one page in for reading',
    description: 'KVM_S390_VCPU_FAULT.',
    kind: 'command',
    answer: done,
  })
  fault(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: vcpuFaultBody }) { addr }: z.output<typeof vcpuFaultBody>,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'vcpu_fault', vcpu, addr });
  }

  @Post('ucas/map')
  @operation({
    summary: 'Map addresses of the VMM for a vCPU of a UCONTROL VM',
    description: 'KVM_S390_UCAS_MAP. A body without the mapping is a bad address: EFAULT.',
    kind: 'command',
    answer: done,
  })
  ucasMap(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: ucasBody }) body: UcasBody,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'ucas_map', vcpu, mapping: mappingOf(body) });
  }

  @Post('ucas/unmap')
  @operation({
    summary: 'Take such a mapping away',
    description:
      'KVM_S390_UCAS_UNMAP; `userAddr` is not looked at. A body without the mapping is a bad address: EFAULT.',
    kind: 'command',
    answer: done,
  })
  ucasUnmap(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: ucasUnmapBody }) { userAddr = 0n, ...body }: UcasBody,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'ucas_unmap', vcpu, mapping: mappingOf({ userAddr, ...body }) });
  }
}
