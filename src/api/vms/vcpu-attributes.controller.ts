import { Body, Controller, Get, Head, Inject, Param, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import type { Envelope } from '../commands/answers.js';
import { Commands } from '../commands/commands.service.js';
import { type Exchange, Http } from '../http/http.js';
import { operation } from '../openapi/openapi-operation.js';
import {
  type AttributeBody,
  type VcpuAttributePath,
  attributeAnswer,
  attributeBody,
  attributeQuery,
  vcpuAttributePath,
} from '../shapes/attributes.js';
import { done } from '../shapes/output.js';
import { noQuery } from '../shapes/path.js';

type AttributeQuery = z.output<typeof attributeQuery>;

/** Device attributes of a vCPU, by name or number. Those of an aarch64 vCPU alone are known: `pvtime_ctrl/ipa`. */
@ApiTags('Attributes')
@Controller('v1/vms/:vm/vcpus/:vcpu/attributes/:group/:attribute')
export class VcpuAttributesController {
  constructor(@Inject(Commands) private readonly commands: Commands) {}

  @Head()
  @operation({
    summary: 'Ask whether an attribute of a vCPU is there',
    description: 'KVM_HAS_DEVICE_ATTR: the result is in KVM-Ret and KVM-Errno, there is no body.',
    kind: 'command',
  })
  async hasVcpuAttribute(
    @Http() http: Exchange,
    @Param({ schema: vcpuAttributePath }) { vm, vcpu, group, attribute: attr }: VcpuAttributePath,
    @Query({ schema: attributeQuery }) { flags }: AttributeQuery,
  ): Promise<void> {
    await this.commands.run(http, vm, { type: 'has_vcpu_attr', vcpu, group, attr, flags });
  }

  @Get()
  @operation({
    summary: 'Read an attribute of a vCPU',
    description: 'KVM_GET_DEVICE_ATTR.',
    kind: 'command',
    answer: attributeAnswer,
  })
  getVcpuAttribute(
    @Http() http: Exchange,
    @Param({ schema: vcpuAttributePath }) { vm, vcpu, group, attribute: attr }: VcpuAttributePath,
    @Query({ schema: attributeQuery }) { flags }: AttributeQuery,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'get_vcpu_attr', vcpu, group, attr, flags });
  }

  @Put()
  @operation({
    summary: 'Set an attribute of a vCPU',
    description: 'KVM_SET_DEVICE_ATTR. A body without the payload is a bad address: EFAULT.',
    kind: 'command',
    answer: done,
  })
  setVcpuAttribute(
    @Http() http: Exchange,
    @Param({ schema: vcpuAttributePath }) { vm, vcpu, group, attribute: attr }: VcpuAttributePath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: attributeBody }) { flags, ...payload }: AttributeBody,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'set_vcpu_attr', vcpu, group, attr, flags, payload });
  }
}
