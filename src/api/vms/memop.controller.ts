import { Body, Controller, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { type MemOpRequest, memOpRequest } from '../../domain/shapes/s390x-access.js';
import { JSON_TYPE, OCTETS, preferred } from '../http/accept.js';
import type { Envelope } from '../commands/answers.js';
import { Commands } from '../commands/commands.service.js';
import { type Exchange, Http } from '../http/http.js';
import { memOpRequestOf } from './memop-request.js';
import { inOctets } from '../commands/octets.js';
import { operation } from '../openapi/openapi-operation.js';
import { type Present, plainly } from '../commands/presentation.js';
import { orOctets } from '../http/schema.pipe.js';
import { type MemOpQuery, memOpAnswer, memOpBatchAnswer, memOpBatchBody, memOpQuery } from '../shapes/access.js';
import { type VcpuPath, type VmPath, noQuery, vcpuPath, vmPath } from '../shapes/path.js';

type Batch = z.output<typeof memOpBatchBody>;

/** Operations whose data can be answered as an octet stream. */
const READS: ReadonlySet<unknown> = new Set(['logical_read', 'sida_read', 'absolute_read']);

const single = {
  kind: 'command',
  bulk: true,
  description: `KVM_S390_MEM_OP. As ${OCTETS}: the parameters in the query, the body is the data; a read answers its data so if Accept asks for it, with KVM-Ret and KVM-Exception.`,
  answer: memOpAnswer,
  consumes: [JSON_TYPE, OCTETS],
  produces: [JSON_TYPE, OCTETS],
} as const;

const batch = {
  kind: 'command',
  bulk: true,
  description: 'In order, one record; each item has its own `ret`, a refused one also its `errno`.',
  answer: memOpBatchAnswer,
} as const;

/** KVM_S390_MEM_OP on VMs and vCPUs. */
@ApiTags('Memory operations')
@Controller('v1/vms/:vm')
export class MemOpController {
  constructor(@Inject(Commands) private readonly commands: Commands) {}

  @Post('memop')
  @operation({ summary: 'A memory operation on a VM', ...single })
  vmMemOp(
    @Http() http: Exchange,
    @Param({ schema: vmPath }) { vm }: VmPath,
    @Query({ schema: memOpQuery }) query: MemOpQuery,
    @Body({ schema: orOctets(memOpRequest) }) body: MemOpRequest | Uint8Array | undefined,
  ): Promise<Envelope | Buffer> {
    return this.carryOut(http, vm, undefined, memOpRequestOf(body, query));
  }

  @Post('vcpus/:vcpu/memop')
  @operation({ summary: 'A memory operation on a vCPU', ...single })
  vcpuMemOp(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: memOpQuery }) query: MemOpQuery,
    @Body({ schema: orOctets(memOpRequest) }) body: MemOpRequest | Uint8Array | undefined,
  ): Promise<Envelope | Buffer> {
    return this.carryOut(http, vm, vcpu, memOpRequestOf(body, query));
  }

  @Post('memop/batch')
  @operation({ summary: 'Memory operations on a VM', ...batch })
  vmMemOpBatch(
    @Http() http: Exchange,
    @Param({ schema: vmPath }) { vm }: VmPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: memOpBatchBody }) { ops }: Batch,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 's390_mem_op_batch', ops });
  }

  @Post('vcpus/:vcpu/memop/batch')
  @operation({ summary: 'Memory operations on a vCPU', ...batch })
  vcpuMemOpBatch(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: memOpBatchBody }) { ops }: Batch,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 's390_mem_op_batch', vcpu, ops });
  }

  private carryOut(http: Exchange, vm: string, vcpu: number | undefined, op: MemOpRequest) {
    const asOctets = READS.has(op.op) && preferred(http.request, [JSON_TYPE, OCTETS]) === OCTETS;
    const present: Present<Envelope | Buffer> = asOctets ? inOctets : plainly();
    return this.commands.present(http, vm, { type: 's390_mem_op', vcpu, ...op }, present);
  }
}
