import { Body, Controller, Get, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import type { Envelope } from '../commands/answers.js';
import { Commands } from '../commands/commands.service.js';
import { type Exchange, Http } from '../http/http.js';
import { operation } from '../openapi/openapi-operation.js';
import { done } from '../shapes/output.js';
import { type VmPath, noQuery, vmPath } from '../shapes/path.js';
import {
  type StorageKeysBody,
  type StorageKeysQuery,
  keyopAnswer,
  keyopBody,
  storageKeysAnswer,
  storageKeysBody,
  storageKeysQuery,
} from '../shapes/storage-keys.js';

/** Storage keys of guest pages. */
@ApiTags('Storage keys and CMMA')
@Controller('v1/vms/:vm/storage-keys')
export class StorageKeysController {
  constructor(@Inject(Commands) private readonly commands: Commands) {}

  @Get()
  @operation({
    summary: 'Read storage keys',
    description: 'KVM_S390_GET_SKEYS. `ret` 1: the guest uses no storage keys.',
    kind: 'command',
    answer: storageKeysAnswer,
  })
  getStorageKeys(
    @Http() http: Exchange,
    @Param({ schema: vmPath }) { vm }: VmPath,
    @Query({ schema: storageKeysQuery }) query: StorageKeysQuery,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 's390_get_skeys', ...query });
  }

  @Put()
  @operation({
    summary: 'Set storage keys',
    description: 'KVM_S390_SET_SKEYS. Storage keys are in use from then on.',
    kind: 'command',
    bulk: true,
    answer: done,
  })
  setStorageKeys(
    @Http() http: Exchange,
    @Param({ schema: vmPath }) { vm }: VmPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: storageKeysBody }) { startGfn, count, keys, flags }: StorageKeysBody,
  ): Promise<Envelope> {
    const pages = count ?? BigInt(keys?.length ?? 1);
    return this.commands.answer(http, vm, { type: 's390_set_skeys', startGfn, count: pages, flags, data: keys });
  }

  @Post('keyop')
  @operation({
    summary: 'Read, change or reset the storage key of one page',
    description: 'KVM_S390_KEYOP. `key` is as it was before; of `rrbe` the reference and change bits alone.',
    kind: 'command',
    answer: keyopAnswer,
  })
  keyOperation(
    @Http() http: Exchange,
    @Param({ schema: vmPath }) { vm }: VmPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: keyopBody }) body: z.output<typeof keyopBody>,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 's390_keyop', ...body });
  }
}
