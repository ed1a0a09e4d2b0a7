import { Body, Controller, Get, Inject, Param, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { capabilitiesOf, checkExtension } from '../../domain/vm/capabilities.js';
import type { Envelope } from '../commands/answers.js';
import { Commands } from '../commands/commands.service.js';
import { type Page, cursorOf, pageOf, paging } from '../http/cursor.js';
import { type Exchange, Http } from '../http/http.js';
import { operation } from '../openapi/openapi-operation.js';
import {
  type CapabilityPath,
  type EnableCapBody,
  capabilityAnswer,
  capabilityPage,
  capabilityPath,
  enableCapBody,
} from '../shapes/capabilities.js';
import { done } from '../shapes/output.js';
import { type VmPath, noQuery, vmPath } from '../shapes/path.js';

const listQuery = z.strictObject(paging);

/** Capabilities of a VM, by name or number: what KVM has for it, and what of it was enabled. */
@ApiTags('Capabilities')
@Controller('v1/vms/:vm/capabilities')
export class CapabilitiesController {
  constructor(@Inject(Commands) private readonly commands: Commands) {}

  @Get()
  @operation({
    summary: 'List the capabilities that have a name, with what KVM_CHECK_EXTENSION answers',
    kind: 'read',
    answer: capabilityPage,
  })
  async listCapabilities(
    @Http() http: Exchange,
    @Param({ schema: vmPath }) { vm: id }: VmPath,
    @Query({ schema: listQuery }) query: z.output<typeof listQuery>,
  ): Promise<Page<Envelope>> {
    const after = cursorOf(query.cursor, z.int().min(0), 0);
    const { vm, version, position } = await this.commands.view(http, id, undefined);
    const rows = capabilitiesOf(vm).map(({ name, number, value }, i) => ({
      at: i + 1,
      row: { capability: name, number, ret: value(vm), enabled: vm.capabilities?.includes(name) ?? false },
    }));
    const { items, ...page } = pageOf(rows.slice(after), query.limit, ({ at }) => at);
    return { items: items.map(({ row }) => row), ...page, ...{ version, position } };
  }

  @Get(':cap')
  @operation({
    summary: 'Check a capability',
    description: 'KVM_CHECK_EXTENSION: 0 for a name or number that is not known. Nothing is recorded.',
    kind: 'read',
    answer: capabilityAnswer,
  })
  async checkCapability(
    @Http() http: Exchange,
    @Query({ schema: noQuery }) _: object,
    @Param({ schema: capabilityPath }) { vm: id, cap }: CapabilityPath,
  ): Promise<Envelope> {
    const { vm, version, position } = await this.commands.view(http, id, undefined);
    return { ret: checkExtension(vm, cap), version, position };
  }

  @Put(':cap')
  @operation({
    summary: 'Enable a capability',
    description: 'KVM_ENABLE_CAP. A capability that is not known or cannot be enabled is EINVAL.',
    kind: 'command',
    answer: done,
  })
  enableCapability(
    @Http() http: Exchange,
    @Query({ schema: noQuery }) _: object,
    @Param({ schema: capabilityPath }) { vm, cap }: CapabilityPath,
    @Body({ schema: enableCapBody }) { flags, args }: EnableCapBody,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'enable_cap', cap, flags, args });
  }
}
