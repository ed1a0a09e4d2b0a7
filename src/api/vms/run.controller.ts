import { Body, Controller, Get, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import type { Envelope } from '../commands/answers.js';
import { Commands } from '../commands/commands.service.js';
import { type Exchange, Http } from '../http/http.js';
import { operation } from '../openapi/openapi-operation.js';
import { done } from '../shapes/output.js';
import { type VcpuPath, noQuery, vcpuPath } from '../shapes/path.js';
import {
  initialPswBody,
  mpStateAnswer,
  mpStateBody,
  resetBody,
  runAnswer,
  runBody,
  storeStatusBody,
} from '../shapes/run.js';

/** Whether a vCPU runs, and what it begins with. */
@ApiTags('vCPUs')
@Controller('v1/vms/:vm/vcpus/:vcpu')
export class RunController {
  constructor(@Inject(Commands) private readonly commands: Commands) {}

  @Get('mp-state')
  @operation({
    summary: 'Ask whether a vCPU runs',
    description:
      'KVM_GET_MP_STATE: `mpState`, or on an s390x VM that follows the code the number of the state as `ret`.',
    kind: 'command',
    answer: mpStateAnswer,
  })
  getMpState(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: noQuery }) _: object,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'get_mp_state', vcpu });
  }

  @Put('mp-state')
  @operation({
    summary: 'Start or stop a vCPU',
    description:
      'KVM_SET_MP_STATE. s390x: from the first one on user space alone starts and stops the vCPUs of the VM; ENXIO for a state that there is not. aarch64: runnable, stopped or suspended, else EINVAL. x86_64: runnable, uninitialized, init_received, halted or sipi_received, else EINVAL.',
    kind: 'command',
    answer: done,
  })
  setMpState(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: mpStateBody }) body: z.output<typeof mpStateBody>,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'set_mp_state', vcpu, ...body });
  }

  @Post('run')
  @operation({
    summary: 'Enter a vCPU: start it and deliver what is pending',
    description:
      'KVM_RUN up to the first instruction of the guest. aarch64: the first one fixes the SMCCC filter and the firmware bitmaps; a vCPU that is stopped or suspended sleeps in it. x86_64: `hypercall.ret` answers a hypercall exit, 0 if nothing is said; the events of an introspection tool come first, one at a time.',
    kind: 'command',
    answer: runAnswer,
  })
  run(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: runBody }) body: z.output<typeof runBody>,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'run_vcpu', vcpu, ...body });
  }

  @Post('reset')
  @operation({
    summary: 'Reset a vCPU',
    description: 'KVM_S390_NORMAL_RESET, KVM_S390_INITIAL_RESET or KVM_S390_CLEAR_RESET.',
    kind: 'command',
    answer: done,
  })
  reset(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: resetBody }) { type: reset, ultravisor }: z.output<typeof resetBody>,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'reset_vcpu', vcpu, reset, ultravisor });
  }

  @Post('initial-psw')
  @operation({
    summary: 'Set the PSW that a stopped vCPU begins with',
    description: 'KVM_S390_SET_INITIAL_PSW. A body without the PSW is a bad address: EFAULT.',
    kind: 'command',
    answer: done,
  })
  setInitialPsw(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: initialPswBody }) { mask, addr }: z.output<typeof initialPswBody>,
  ): Promise<Envelope> {
    const psw = mask === undefined || addr === undefined ? undefined : { mask, addr };
    return this.commands.answer(http, vm, { type: 'set_initial_psw', vcpu, psw });
  }

  @Post('store-status')
  @operation({
    summary: 'Store the registers of a vCPU in guest memory',
    description:
      'KVM_S390_STORE_STATUS: at an absolute address, or with -1 (2^64-1) or -2 (2^64-2) in the assigned storage locations.',
    kind: 'command',
    answer: done,
  })
  storeStatus(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: storeStatusBody }) { addr }: z.output<typeof storeStatusBody>,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'store_status', vcpu, addr });
  }
}
