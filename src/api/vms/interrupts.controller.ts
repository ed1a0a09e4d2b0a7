import { Body, Controller, Get, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import type { IrqRequest } from '../../domain/shapes/s390x-interrupt.js';
import { answerJson } from '../http/answer-json.js';
import type { Envelope } from '../commands/answers.js';
import { Commands } from '../commands/commands.service.js';
import { type Exchange, Http } from '../http/http.js';
import { RECORDED_PAST, momentOf, momentQuery } from '../http/moment.js';
import { operation } from '../openapi/openapi-operation.js';
import {
  type FloatingBody,
  floatingAnswer,
  floatingBody,
  floatingIrqOf,
  injectBody,
  irqStateAnswer,
  irqStateBody,
  irqStateQuery,
} from '../shapes/interrupt.js';
import { done } from '../shapes/output.js';
import { type VcpuPath, type VmPath, noQuery, vcpuPath, vmPath } from '../shapes/path.js';

/** Interruptions that wait for any vCPU of a VM. */
@ApiTags('Interrupts')
@Controller('v1/vms/:vm/interrupts')
export class FloatingInterruptsController {
  constructor(@Inject(Commands) private readonly commands: Commands) {}

  @Post()
  @operation({
    summary: 'Inject an interruption for any vCPU',
    description:
      'KVM_S390_INTERRUPT on the VM: delivered by the next run of a vCPU whose masks let it through. What `parm` and `parm64` are depends on the type. An empty body is a bad address: EFAULT.',
    kind: 'command',
    answer: done,
  })
  injectFloating(
    @Http() http: Exchange,
    @Param({ schema: vmPath }) { vm }: VmPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: floatingBody }) body: FloatingBody,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'inject_vm_irq', irq: floatingIrqOf(body) });
  }

  @Get()
  @operation({
    summary: 'List the interruptions that wait for any vCPU, as they are or as they were',
    description: RECORDED_PAST,
    kind: 'look',
    answer: floatingAnswer,
  })
  async listFloating(
    @Http() http: Exchange,
    @Param({ schema: vmPath }) { vm: id }: VmPath,
    @Query({ schema: momentQuery }) query: z.output<typeof momentQuery>,
  ): Promise<Envelope> {
    const moment = momentOf(query);
    const existing = await this.commands.view(http, id, moment);
    const { vm, version, position } = existing;
    await this.commands.looked(http, existing, moment, { what: 'interrupts' });
    const pending = vm.arch === 's390x' ? (vm.floating ?? []) : [];
    return { ...(answerJson({ pending }) as Envelope), version, position };
  }
}

/** Local interruptions of a vCPU. */
@ApiTags('Interrupts')
@Controller('v1/vms/:vm/vcpus/:vcpu/interrupts')
export class InterruptsController {
  constructor(@Inject(Commands) private readonly commands: Commands) {}

  @Post()
  @operation({
    summary: 'Inject an interruption',
    description: 'KVM_S390_IRQ. What the type has no use for is not looked at; what is absent is 0.',
    kind: 'command',
    answer: done,
  })
  inject(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: injectBody }) irq: IrqRequest,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'inject_irq', vcpu, irq });
  }

  @Get()
  @operation({
    summary: 'Read the interruptions that are pending',
    description: 'KVM_S390_GET_IRQ_STATE. `ret` is the number of bytes, 72 for each interruption.',
    kind: 'command',
    answer: irqStateAnswer,
  })
  getState(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: irqStateQuery }) { len }: z.output<typeof irqStateQuery>,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'get_irq_state', vcpu, len });
  }

  @Put()
  @operation({
    summary: 'Set the interruptions that are pending',
    description:
      'KVM_S390_SET_IRQ_STATE, on a vCPU that has none. A body without `interrupts` is a bad address: EFAULT.',
    kind: 'command',
    answer: done,
  })
  setState(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: irqStateBody }) body: z.output<typeof irqStateBody>,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'set_irq_state', vcpu, ...body });
  }
}
