import { Body, Controller, Delete, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { describedHost } from '../../domain/s390x/model/machine.js';
import { ARCHS, vmId } from '../../domain/shapes/create-vm.js';
import type { Command, CommandOf } from '../../domain/vm/command.js';
import { forecast } from '../../domain/vm/forecast/forecast.js';
import type { Vm } from '../../domain/vm/state.js';
import { hasLabels } from '../../infra/access/labels.js';
import type { Principal } from '../../infra/access/principal.js';
import { sees, seesAll } from '../../infra/access/visible.js';
import type { Service } from '../../infra/service.js';
import type { Envelope } from '../commands/answers.js';
import { Commands } from '../commands/commands.service.js';
import { type Page, cursorOf, pageOf, paging } from '../http/cursor.js';
import { type Exchange, Http, principalOf } from '../http/http.js';
import { momentOf, momentQuery } from '../http/moment.js';
import { operation } from '../openapi/openapi-operation.js';
import { RequestProblem } from '../http/problem.js';
import { SERVICE } from '../http/service.token.js';
import { done } from '../shapes/output.js';
import { type VmPath, noBody, noQuery, vmPath } from '../shapes/path.js';
import { type CreateVmBody, createVmBody, createdVm, vmPage, vmShape, vmState } from '../shapes/vm.js';
import { vmFields, vmView } from './vm-view.js';

const listQuery = z.strictObject({
  ...paging,
  arch: z.enum(ARCHS).optional(),
  state: z.enum(['live', 'destroyed']).optional(),
  label: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .meta({ description: 'a label, `name` or `name=value`; given several times, all of them' }),
});

type ListQuery = z.output<typeof listQuery>;

const wantedBy =
  ({ arch, state, label = [] }: ListQuery) =>
  (vm: Vm): boolean =>
    [undefined, vm.arch].includes(arch) &&
    (state === undefined || vm.regions.lifecycle === state) &&
    hasLabels(vm.labels, [label].flat());

/** The command that creates a VM, with every detail of its machine filled in. */
function creating({ type: vmType, ...rest }: Omit<CreateVmBody, 'id'>): Command {
  const command = { type: 'create_vm', vmType, ...rest } as CommandOf<'create_vm'>;
  return command.arch === 's390x' ? { ...command, host: describedHost(command.host) } : command;
}

/** Who is limited to labels makes VMs that are there for him, under ids that say nothing of others. */
function assertMayCreate(principal: Principal, { id, labels }: CreateVmBody): void {
  if (seesAll(principal)) return;
  if (id !== undefined)
    throw new RequestProblem('forbidden', 'id: is chosen by the service for tokens that are limited to labels');
  if (!sees(principal, labels))
    throw new RequestProblem('forbidden', `labels: must have ${principal.labels.join(' and ')}, as the token does`);
}

/** VMs: created, looked at now or then, destroyed. */
@ApiTags('VMs')
@Controller('v1/vms')
export class VmsController {
  constructor(
    @Inject(SERVICE) private readonly service: Service,
    @Inject(Commands) private readonly commands: Commands,
  ) {}

  @Post()
  @operation({
    summary: 'Create a VM',
    description: 'KVM_CREATE_VM. With If-Match the answer is 412, since nothing is there that could match.',
    kind: 'command',
    answer: createdVm,
    status: 201,
    located: true,
  })
  createVm(
    @Http() http: Exchange,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: createVmBody }) body: CreateVmBody,
  ): Promise<Envelope> {
    assertMayCreate(principalOf(http.request), body);
    const { id = this.service.machines.newId(), ...rest } = body;
    return this.commands.present(http, id, creating(rest), ({ vm }) => {
      if (vm === undefined) throw new Error(`VM ${id} was not created`);
      return { body: { ret: 0, ...vmFields(vm) }, headers: { location: `/v1/vms/${id}` } };
    });
  }

  @Get()
  @operation({ summary: 'List VMs in order of id', kind: 'read', answer: vmPage })
  async listVms(
    @Http() { request }: Exchange,
    @Query({ schema: listQuery }) query: ListQuery,
  ): Promise<Page<Envelope>> {
    const after = cursorOf(query.cursor, vmId, '');
    const principal = principalOf(request);
    const isWanted = wantedBy(query);
    const found = await this.service.machines.list(
      after,
      query.limit + 1,
      (vm) => sees(principal, vm.labels) && isWanted(vm),
    );
    const { items, ...page } = pageOf(found, query.limit, ({ vm }) => vm.id);
    return { items: items.map(vmView), ...page };
  }

  @Get(':vm')
  @operation({ summary: 'Read a VM, as it is or as it was', kind: 'read', answer: vmShape })
  async getVm(
    @Http() http: Exchange,
    @Param({ schema: vmPath }) { vm }: VmPath,
    @Query({ schema: momentQuery }) query: z.output<typeof momentQuery>,
  ): Promise<Envelope> {
    return vmView(await this.commands.view(http, vm, momentOf(query)));
  }

  @Delete(':vm')
  @operation({ summary: 'Destroy a VM; its journal stays', kind: 'command', answer: done })
  destroyVm(
    @Http() http: Exchange,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: noBody }) _none: object,
    @Param({ schema: vmPath }) { vm }: VmPath,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'destroy_vm' });
  }

  @Get(':vm/state')
  @operation({
    summary: "Read the statechart's configuration, and what each command would be answered",
    kind: 'read',
    answer: vmState,
  })
  async getVmState(
    @Http() http: Exchange,
    @Query({ schema: noQuery }) _: object,
    @Param({ schema: vmPath }) { vm: id }: VmPath,
  ): Promise<object> {
    const { vm, version, position } = await this.commands.view(http, id, undefined);
    return { state: vm.regions, commands: forecast(vm), version, position };
  }
}
