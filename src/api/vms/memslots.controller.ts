import { Body, Controller, Delete, Get, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { type DirtyLog, bitmapOf } from '../../domain/memory/dirty-log.js';
import { answerJson } from '../http/answer-json.js';
import type { Envelope } from '../commands/answers.js';
import { Commands } from '../commands/commands.service.js';
import { type Exchange, Http } from '../http/http.js';
import { operation } from '../openapi/openapi-operation.js';
import { malformedRequest } from '../http/problem.js';
import { clearDirtyLogBody, dirtyLogAnswer, memslotAnswer, memslotBody } from '../shapes/memory.js';
import { type SlotPath, noBody, noQuery, slotPath } from '../shapes/path.js';

/** Memory slots and their dirty logs. */
@ApiTags('Memory')
@Controller('v1/vms/:vm/memslots/:slot')
export class MemslotsController {
  constructor(@Inject(Commands) private readonly commands: Commands) {}

  @Put()
  @operation({
    summary: 'Create, move or change a memory slot',
    description: 'KVM_SET_USER_MEMORY_REGION.',
    kind: 'command',
    answer: memslotAnswer,
  })
  setMemslot(
    @Http() http: Exchange,
    @Query({ schema: noQuery }) _: object,
    @Param({ schema: slotPath }) { vm, slot }: SlotPath,
    @Body({ schema: memslotBody }) body: z.output<typeof memslotBody>,
  ): Promise<Envelope> {
    if (body.slot !== undefined && body.slot !== slot)
      throw malformedRequest([{ field: 'slot', message: 'must be the slot of the path' }]);
    return this.commands.answer(http, vm, { type: 'set_user_memory_region', ...body, slot }, { slot });
  }

  @Delete()
  @operation({
    summary: 'Delete a memory slot',
    description: 'KVM_SET_USER_MEMORY_REGION with size 0.',
    kind: 'command',
    answer: memslotAnswer,
  })
  deleteMemslot(
    @Http() http: Exchange,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: noBody }) _none: object,
    @Param({ schema: slotPath }) { vm, slot }: SlotPath,
  ): Promise<Envelope> {
    const nothing = { guestPhysAddr: 0n, size: 0n, flags: [] };
    return this.commands.answer(http, vm, { type: 'set_user_memory_region', slot, ...nothing }, { slot });
  }

  @Get('dirty-log')
  @operation({
    summary: 'Take the dirty log of a slot: read and clear it',
    description:
      'KVM_GET_DIRTY_LOG. `frames` are the guest frame numbers of the bits, in ascending order. A slot of more than 512 GiB answers `frames` alone.',
    kind: 'command',
    answer: dirtyLogAnswer,
  })
  getDirtyLog(
    @Http() http: Exchange,
    @Query({ schema: noQuery }) _: object,
    @Param({ schema: slotPath }) { vm, slot }: SlotPath,
  ): Promise<Envelope> {
    return this.commands.present(http, vm, { type: 'get_dirty_log', slot }, ({ decision }) => {
      const log = decision.reply as unknown as DirtyLog;
      const { ret } = decision;
      return { body: answerJson({ ret, slot, bitmap: bitmapOf(log), frames: log.frames }) as Envelope };
    });
  }

  @Post('dirty-log/clear')
  @operation({
    summary: 'Clear a part of the dirty log',
    description: 'KVM_CLEAR_DIRTY_LOG.',
    kind: 'command',
    answer: memslotAnswer,
  })
  clearDirtyLog(
    @Http() http: Exchange,
    @Query({ schema: noQuery }) _: object,
    @Param({ schema: slotPath }) { vm, slot }: SlotPath,
    @Body({ schema: clearDirtyLogBody }) body: z.output<typeof clearDirtyLogBody>,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'clear_dirty_log', slot, ...body }, { slot });
  }
}
