import { Body, Controller, Get, Head, Inject, Param, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { attributeList } from '../../domain/vm/attribute-list.js';
import { answerJson } from '../http/answer-json.js';
import type { Envelope } from '../commands/answers.js';
import { Commands } from '../commands/commands.service.js';
import { type Page, cursorOf, pageOf, paging } from '../http/cursor.js';
import { type Exchange, Http } from '../http/http.js';
import { operation } from '../openapi/openapi-operation.js';
import {
  type AttributeBody,
  type AttributePath,
  attributeAnswer,
  attributeBody,
  attributePage,
  attributePath,
  attributeQuery,
} from '../shapes/attributes.js';
import { done } from '../shapes/output.js';
import { type VmPath, noQuery, vmPath } from '../shapes/path.js';

const listQuery = z.strictObject(paging);

type AttributeQuery = z.output<typeof attributeQuery>;

/** Device attributes of a VM, by name or number. */
@ApiTags('Attributes')
@Controller('v1/vms/:vm/attributes')
export class AttributesController {
  constructor(@Inject(Commands) private readonly commands: Commands) {}

  @Get()
  @operation({
    summary: 'List the attributes that have a name, with what HAS would answer',
    kind: 'read',
    answer: attributePage,
  })
  async listAttributes(
    @Http() http: Exchange,
    @Param({ schema: vmPath }) { vm: id }: VmPath,
    @Query({ schema: listQuery }) query: z.output<typeof listQuery>,
  ): Promise<Page<Envelope>> {
    const after = cursorOf(query.cursor, z.int().min(0), 0);
    const { vm, version, position } = await this.commands.view(http, id, undefined);
    const rows = attributeList(vm).map((row, i) => ({ at: i + 1, row: answerJson(row) as Envelope }));
    const { items, ...page } = pageOf(rows.slice(after), query.limit, ({ at }) => at);
    return { items: items.map(({ row }) => row), ...page, ...{ version, position } };
  }

  @Head(':group/:attribute')
  @operation({
    summary: 'Ask whether an attribute is there',
    description: 'KVM_HAS_DEVICE_ATTR: the result is in KVM-Ret and KVM-Errno, there is no body.',
    kind: 'command',
  })
  async hasAttribute(
    @Http() http: Exchange,
    @Param({ schema: attributePath }) { vm, group, attribute: attr }: AttributePath,
    @Query({ schema: attributeQuery }) { flags }: AttributeQuery,
  ): Promise<void> {
    await this.commands.run(http, vm, { type: 'has_device_attr', group, attr, flags });
  }

  @Get(':group/:attribute')
  @operation({
    summary: 'Read an attribute',
    description: 'KVM_GET_DEVICE_ATTR.',
    kind: 'command',
    answer: attributeAnswer,
  })
  getAttribute(
    @Http() http: Exchange,
    @Param({ schema: attributePath }) { vm, group, attribute: attr }: AttributePath,
    @Query({ schema: attributeQuery }) { flags }: AttributeQuery,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'get_device_attr', group, attr, flags });
  }

  @Put(':group/:attribute')
  @operation({
    summary: 'Set an attribute',
    description:
      'KVM_SET_DEVICE_ATTR. A body without the payload is a bad address: EFAULT at its place in the order of checks.',
    kind: 'command',
    answer: done,
  })
  setAttribute(
    @Http() http: Exchange,
    @Param({ schema: attributePath }) { vm, group, attribute: attr }: AttributePath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: attributeBody }) { flags, ...payload }: AttributeBody,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'set_device_attr', group, attr, flags, payload });
  }
}
