import { Body, Controller, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { type TranslateRequest, translateRequest } from '../domain/shapes/s390x-access.js';
import { vtopText } from '../domain/s390x/vtop-text.js';
import type { Reply } from '../domain/vm/decision.js';
import { JSON_TYPE, TEXT, preferred } from './accept.js';
import { type Envelope, envelope } from './answers.js';
import { Commands } from './commands.service.js';
import { type Exchange, Http } from './http.js';
import { momentOf } from './moment.js';
import { operation } from './openapi-operation.js';
import {
  type TranslateQuery,
  translateAnswer,
  translateBatchAnswer,
  translateBatchBody,
  translateQuery,
} from './shapes/access.js';
import { type VcpuPath, vcpuPath } from './shapes/path.js';

/** What an answer in text is made of, beside what the client asks for. */
interface Format {
  readonly text: boolean;
  readonly explain: boolean;
}

const formatOf = ({ request }: Exchange, { explain }: TranslateQuery): Format => {
  const text = preferred(request, [JSON_TYPE, TEXT]) === TEXT;
  return { text, explain: explain || text };
};

/** Address translation as a vCPU does it. */
@ApiTags('Translation')
@Controller('v1/vms/:vm/vcpus/:vcpu/translate')
export class TranslateController {
  constructor(@Inject(Commands) private readonly commands: Commands) {}

  @Post()
  @operation({
    summary: 'Translate an address, as the vCPU is or was',
    description: `Changes nothing. As ${TEXT}: the walk, one line for each table entry.`,
    kind: 'command',
    answer: translateAnswer,
    produces: [JSON_TYPE, TEXT],
  })
  async translate(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: translateQuery }) query: TranslateQuery,
    @Body({ schema: translateRequest }) body: TranslateRequest,
  ): Promise<Envelope | string> {
    const { text, explain } = formatOf(http, query);
    const asOf = await this.commands.asOf(vm, momentOf(query));
    const answer = await this.commands.run(http, vm, { type: 'translate', vcpu, explain, asOf, ...body });
    return text ? inText(http, [body], [answer.decision.reply]) : envelope(answer);
  }

  @Post('batch')
  @operation({
    summary: 'Translate several addresses, as the vCPU is or was',
    description: 'In order, one record; each item has its own `ret`, a refused one also its `errno`.',
    kind: 'command',
    bulk: true,
    answer: translateBatchAnswer,
    produces: [JSON_TYPE, TEXT],
  })
  async translateBatch(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: translateQuery }) query: TranslateQuery,
    @Body({ schema: translateBatchBody }) { ops }: z.output<typeof translateBatchBody>,
  ): Promise<Envelope | string> {
    const { text, explain } = formatOf(http, query);
    const asOf = await this.commands.asOf(vm, momentOf(query));
    const answer = await this.commands.run(http, vm, { type: 'translate_batch', vcpu, explain, asOf, ops });
    return text ? inText(http, ops, answer.decision.reply['results'] as readonly Reply[]) : envelope(answer);
  }
}

/** Translations as text, one after the other, an empty line between. */
function inText({ reply }: Exchange, requests: readonly TranslateRequest[], replies: readonly Reply[]): string {
  reply.header('content-type', `${TEXT}; charset=utf-8`);
  return requests.map((request, i) => vtopText(request, replies[i] ?? {})).join('\n');
}
