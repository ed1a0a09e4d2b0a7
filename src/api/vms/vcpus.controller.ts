import { Body, Controller, Get, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { createVcpu } from '../../domain/shapes/memory.js';
import { aarch64RegisterRequest } from '../../domain/shapes/aarch64-registers.js';
import { s390xRegisterRequest } from '../../domain/shapes/s390x-registers.js';
import { x86Registers } from '../../domain/shapes/x86-registers.js';
import type { Command } from '../../domain/vm/command.js';
import { type Envelope, fieldsOf } from '../commands/answers.js';
import { byArch } from '../http/by-arch.js';
import { type BodyOf, Commands } from '../commands/commands.service.js';
import { type Page, cursorOf, pageOf, paging } from '../http/cursor.js';
import { type Exchange, Http } from '../http/http.js';
import { ONE_MOMENT, RECORDED_PAST, momentFields, momentOf, momentQuery, oneMoment } from '../http/moment.js';
import { operation } from '../openapi/openapi-operation.js';
import { RequestProblem } from '../http/problem.js';
import { done } from '../shapes/output.js';
import { type VcpuPath, type VmPath, noQuery, vcpuPath, vmPath } from '../shapes/path.js';
import { createdVcpu, vcpuPage, vcpuShape } from '../shapes/vcpu.js';
import { vcpuView, vcpusOf } from './vm-view.js';

const registersBody = byArch({ s390x: s390xRegisterRequest, x86_64: x86Registers, aarch64: aarch64RegisterRequest });

/** The command that changes registers. */
function settingRegisters(vcpu: number, { arch, body }: BodyOf<typeof registersBody.shapes>): Command {
  switch (arch) {
    case 's390x':
      return { type: 'set_registers', vcpu, registers: body };
    case 'x86_64':
      return { type: 'set_x86_registers', vcpu, registers: body };
    case 'aarch64':
      return { type: 'set_aarch64_registers', vcpu, registers: body };
  }
}

const createBody = createVcpu.omit({ type: true, hostCounter: true }).meta({ id: 'CreateVcpu' });

const listQuery = z.strictObject({ ...paging, ...momentFields }).refine(oneMoment, ONE_MOMENT);

/** vCPUs and their registers. */
@ApiTags('vCPUs')
@Controller('v1/vms/:vm/vcpus')
export class VcpusController {
  constructor(@Inject(Commands) private readonly commands: Commands) {}

  @Post()
  @operation({
    summary: 'Create a vCPU',
    description: 'KVM_CREATE_VCPU. The first one locks what is -EBUSY from then on.',
    kind: 'command',
    answer: createdVcpu,
    status: 201,
    located: true,
  })
  createVcpu(
    @Http() http: Exchange,
    @Param({ schema: vmPath }) { vm }: VmPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: createBody }) { id, ultravisor }: z.output<typeof createBody>,
  ): Promise<Envelope> {
    return this.commands.present(http, vm, { type: 'create_vcpu', id, ultravisor }, (outcome) => ({
      body: fieldsOf(outcome, { id }),
      headers: { location: `/v1/vms/${vm}/vcpus/${id}` },
    }));
  }

  @Get()
  @operation({
    summary: 'List the vCPUs of a VM, as they are or as they were',
    description: RECORDED_PAST,
    kind: 'look',
    answer: vcpuPage,
  })
  async listVcpus(
    @Http() http: Exchange,
    @Param({ schema: vmPath }) { vm: id }: VmPath,
    @Query({ schema: listQuery }) query: z.output<typeof listQuery>,
  ): Promise<Page<Envelope>> {
    const after = cursorOf(query.cursor, z.int(), -1);
    const moment = momentOf(query);
    const existing = await this.commands.view(http, id, moment);
    const { vm, version, position } = existing;
    await this.commands.looked(http, existing, moment, { what: 'vcpus' });
    const vcpus = vcpusOf(vm)
      .filter((vcpu) => vcpu.id > after)
      .sort((a, b) => a.id - b.id);
    const { items, ...page } = pageOf(vcpus, query.limit, (vcpu) => vcpu.id);
    return { items: items.map((vcpu) => vcpuView(vm, vcpu)), ...page, ...{ version, position } };
  }

  @Get(':vcpu')
  @operation({
    summary: 'Read a vCPU, as it is or as it was',
    description: RECORDED_PAST,
    kind: 'look',
    answer: vcpuShape,
  })
  async getVcpu(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm: id, vcpu: number }: VcpuPath,
    @Query({ schema: momentQuery }) query: z.output<typeof momentQuery>,
  ): Promise<Envelope> {
    const moment = momentOf(query);
    const existing = await this.commands.view(http, id, moment);
    const { vm, version, position } = existing;
    const vcpu = vm.vcpus.get(number);
    if (vcpu === undefined)
      throw new RequestProblem('unknown_vcpu', `VM ${id} has no vCPU ${number}`, { vm: id, version });
    await this.commands.looked(http, existing, moment, { what: 'vcpu', vcpu: number });
    return { ...vcpuView(vm, vcpu), version, position };
  }

  @Patch(':vcpu/registers')
  @operation({ summary: 'Change registers of a vCPU, effective at once', kind: 'command', answer: done })
  async setRegisters(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: registersBody }) body: unknown,
  ): Promise<Envelope> {
    const registers = await this.commands.bodyFor(vm, registersBody, body);
    return this.commands.answer(http, vm, settingRegisters(vcpu, registers));
  }
}
