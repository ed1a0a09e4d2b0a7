import { Body, Controller, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { vtopText as s390xText } from '../../domain/s390x/dat/vtop-text.js';
import type { Command } from '../../domain/vm/command.js';
import type { Reply } from '../../domain/vm/decision.js';
import { vtopText as x86Text } from '../../domain/x86_64/paging/vtop-text.js';
import { JSON_TYPE, TEXT, preferred } from '../http/accept.js';
import type { Envelope } from '../commands/answers.js';
import { type BodyOf, Commands } from '../commands/commands.service.js';
import { type Exchange, Http } from '../http/http.js';
import { momentOf } from '../http/moment.js';
import { operation } from '../openapi/openapi-operation.js';
import { type Present, type Presentation, plainly } from '../commands/presentation.js';
import {
  type TranslateQuery,
  translateAnswer,
  translateBatchAnswer,
  translateBatchBody,
  translateBody,
  translateLegacyAnswer,
  translateLegacyBody,
  translateQuery,
} from '../shapes/access.js';
import { type VcpuPath, noQuery, vcpuPath } from '../shapes/path.js';

/** What an answer in text is made of, beside what the client asks for. */
interface Format {
  readonly text: boolean;
  readonly explain: boolean;
}

const formatOf = ({ request }: Exchange, { explain }: TranslateQuery): Format => {
  const text = preferred(request, [JSON_TYPE, TEXT]) === TEXT;
  return { text, explain: explain || text };
};

/** What every command of a translation says beside the body. */
interface Context {
  readonly vcpu: number;
  readonly explain: boolean;
  readonly asOf: number | undefined;
}

type One = BodyOf<typeof translateBody.shapes>;
type Several = BodyOf<typeof translateBatchBody.shapes>;

const translating = (context: Context, { arch, body }: One): Command =>
  arch === 's390x' ? { type: 'translate', ...context, ...body } : { type: 'translate2', ...context, ...body };

const translatingAll = (context: Context, { arch, body }: Several): Command =>
  arch === 's390x'
    ? { type: 'translate_batch', ...context, ...body }
    : { type: 'translate2_batch', ...context, ...body };

const textOf = ({ arch, body }: One, reply: Reply): string =>
  arch === 's390x' ? s390xText(body, reply) : x86Text(body, reply);

const textsOf = ({ arch, body }: Several, replies: readonly Reply[]): string[] =>
  arch === 's390x'
    ? body.ops.map((op, i) => s390xText(op, replies[i] ?? {}))
    : body.ops.map((op, i) => x86Text(op, replies[i] ?? {}));

/** Presents translations as text, one after the other, an empty line between. */
const inText = (texts: readonly string[]): Presentation<string> => ({
  body: texts.join('\n'),
  headers: { 'content-type': `${TEXT}; charset=utf-8` },
});

/** Address translation as a vCPU does it. */
@ApiTags('Translation')
@Controller('v1/vms/:vm/vcpus/:vcpu/translate')
export class TranslateController {
  constructor(@Inject(Commands) private readonly commands: Commands) {}

  @Post()
  @operation({
    summary: 'Translate an address, as the vCPU is or was',
    description: `s390x: changes nothing. x86_64: KVM_TRANSLATE2, which sets accessed and dirty bits where flags ask for it; not of the past. aarch64: EINVAL. As ${TEXT}: the walk, one line for each table entry.`,
    kind: 'command',
    answer: translateAnswer,
    produces: [JSON_TYPE, TEXT],
  })
  async translate(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: translateQuery }) query: TranslateQuery,
    @Body({ schema: translateBody }) given: unknown,
  ): Promise<Envelope | string> {
    const { text, explain } = formatOf(http, query);
    const body = await this.commands.bodyFor(vm, translateBody, given);
    const asOf = await this.commands.asOf(vm, momentOf(query));
    const present: Present<Envelope | string> = text
      ? ({ decision }) => inText([textOf(body, decision.reply)])
      : plainly();
    return this.commands.present(http, vm, translating({ vcpu, explain, asOf }, body), present);
  }

  @Post('batch')
  @operation({
    summary: 'Translate several addresses, as the vCPU is or was',
    description:
      'In order, each on what the ones before left, one record; each item has its own `ret`, a refused one also its `errno`.',
    kind: 'command',
    bulk: true,
    answer: translateBatchAnswer,
    produces: [JSON_TYPE, TEXT],
  })
  async translateBatch(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: translateQuery }) query: TranslateQuery,
    @Body({ schema: translateBatchBody }) given: unknown,
  ): Promise<Envelope | string> {
    const { text, explain } = formatOf(http, query);
    const body = await this.commands.bodyFor(vm, translateBatchBody, given);
    const asOf = await this.commands.asOf(vm, momentOf(query));
    const present: Present<Envelope | string> = text
      ? ({ decision }) => inText(textsOf(body, decision.reply['results'] as readonly Reply[]))
      : plainly();
    return this.commands.present(http, vm, translatingAll({ vcpu, explain, asOf }, body), present);
  }

  @Post('legacy')
  @operation({
    summary: 'Translate an address as a supervisor reads it',
    description: 'KVM_TRANSLATE, which sets accessed bits. x86_64; EINVAL on the other architectures.',
    kind: 'command',
    answer: translateLegacyAnswer,
  })
  translateLegacy(
    @Http() http: Exchange,
    @Param({ schema: vcpuPath }) { vm, vcpu }: VcpuPath,
    @Query({ schema: noQuery }) _: object,
    @Body({ schema: translateLegacyBody }) { linearAddress }: z.output<typeof translateLegacyBody>,
  ): Promise<Envelope> {
    return this.commands.answer(http, vm, { type: 'translate_legacy', vcpu, linearAddress });
  }
}
