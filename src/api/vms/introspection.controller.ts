import { Body, Controller, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { introspectionView } from '../../domain/introspection/view.js';
import type { Service } from '../../infra/service.js';
import { answerJson } from '../http/answer-json.js';
import type { Envelope } from '../commands/answers.js';
import { Commands } from '../commands/commands.service.js';
import { type Exchange, Http } from '../http/http.js';
import { introspectedIn } from './introspected.js';
import { operation } from '../openapi/openapi-operation.js';
import {
  type ToolBody,
  allowBody,
  hookBody,
  introspectionShape,
  toolAnswer,
  toolBody,
  unhookAnswer,
} from '../shapes/introspection.js';
import { done } from '../shapes/output.js';
import { type VmPath, noBody, noQuery, vmPath } from '../shapes/path.js';
import { SERVICE } from '../http/service.token.js';

/** Introspection of an x86_64 VM: its device manager's side, and the tool's commands. */
@ApiTags('Introspection')
@Controller('v1/vms/:vm/introspection')
export class IntrospectionController {
  constructor(
    @Inject(Commands) private readonly commands: Commands,
    @Inject(SERVICE) private readonly service: Service,
  ) {}

  @Get()
  @operation({
    summary: 'Read what introspection there is of a VM',
    description: 'ENOTTY on a VM that is not x86_64, here and on every path below.',
    kind: 'read',
    answer: introspectionShape,
  })
  async getIntrospection(
    @Http() http: Exchange,
    @Param({ schema: vmPath }) { vm: id }: VmPath,
    @Query({ schema: noQuery }) _: object,
  ): Promise<Envelope> {
    const existing = await this.commands.view(http, id, undefined);
    const { version, position } = existing;
    const view = answerJson(
      introspectionView(introspectedIn(existing), this.service.world.now().getTime()),
    ) as Envelope;
    return { ...view, version, position };
  }

  @Post('hook')
  @operation({ summary: 'Hook a tool', description: 'KVM_INTROSPECTION_HOOK.', kind: 'command', answer: done })
  hook(
    @Http() http: Exchange,
    @Param({ schema: vmPath }) { vm }: VmPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: hookBody }) body: z.output<typeof hookBody>,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'introspection_hook', ...body });
  }

  @Post('unhook')
  @operation({
    summary: 'Unhook the tool, or close its channel',
    description:
      'KVM_INTROSPECTION_UNHOOK: 0 also where nothing is hooked. Tokens are dropped, interceptions undone, mappings kept; a vCPU that waits goes on as after `continue`.',
    kind: 'command',
    answer: unhookAnswer,
  })
  unhook(
    @Http() http: Exchange,
    @Param({ schema: vmPath }) { vm }: VmPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: noBody }) __: object,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'introspection_unhook' });
  }

  @Post('preunhook')
  @operation({
    summary: 'Ask the tool to let go',
    description: 'KVM_INTROSPECTION_PREUNHOOK: sends the event `unhook`.',
    kind: 'command',
    answer: done,
  })
  preunhook(
    @Http() http: Exchange,
    @Param({ schema: vmPath }) { vm }: VmPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: noBody }) __: object,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'introspection_preunhook' });
  }

  @Post('allow')
  @operation({
    summary: 'Allow the tool a command or an event, or forbid it',
    description: 'KVM_INTROSPECTION_COMMAND and KVM_INTROSPECTION_EVENT; `all` is every one.',
    kind: 'command',
    answer: done,
  })
  allow(
    @Http() http: Exchange,
    @Param({ schema: vmPath }) { vm }: VmPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: allowBody }) body: z.output<typeof allowBody>,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'introspection_allow', ...body });
  }

  @Post('commands')
  @operation({
    summary: 'Give a command of the tool',
    description:
      'In this order: hooked (EFAULT), known (ENOSYS), allowed (EPERM), padding and arguments (EINVAL), then what the command itself checks. The token of get_map_token is answered once; the journal has its commitment.',
    kind: 'command',
    answer: toolAnswer,
  })
  command(
    @Http() http: Exchange,
    @Param({ schema: vmPath }) { vm }: VmPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: toolBody }) body: ToolBody,
  ): Promise<Envelope> {
    if (body.command !== 'get_map_token')
      return this.commands.answer(http, vm, { type: 'introspection_command', ...body });
    const { secret, commitment } = this.service.machines.newToken();
    const command = { type: 'introspection_command', ...body, token: commitment } as const;
    return this.commands.answer(http, vm, command, { token: answerJson(secret) });
  }
}
