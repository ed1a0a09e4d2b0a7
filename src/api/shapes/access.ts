import { z } from 'zod';
import { memOpBatch, translateBatch, translateRequest } from '../../domain/shapes/s390x-access.js';
import { translate2Batch, translate2Request, translateLegacy } from '../../domain/shapes/x86-access.js';
import { byArch } from '../http/by-arch.js';
import { ONE_MOMENT, momentFields, oneMoment } from '../http/moment.js';
import { answered, base64, hex, programException, refusedItem } from './output.js';

const { ops: memOps } = memOpBatch.shape;
const { ops: translations } = translateBatch.shape;

/** The body of a batch of memory operations. */
export const memOpBatchBody = z.strictObject({ ops: memOps }).meta({ id: 'MemOpBatch' });

/** The bodies of a translation and of a batch of them. */
export const translateBody = byArch({
  s390x: translateRequest,
  x86_64: translate2Request,
  aarch64: translate2Request,
});

const s390xBatch = z.strictObject({ ops: translations }).meta({ id: 'S390xTranslateBatch' });
const translate2BatchBody = z.strictObject({ ops: translate2Batch.shape.ops }).meta({ id: 'X86TranslateBatch' });

export const translateBatchBody = byArch({
  s390x: s390xBatch,
  x86_64: translate2BatchBody,
  aarch64: translate2BatchBody,
});

/** The body of KVM_TRANSLATE. */
export const translateLegacyBody = z
  .strictObject({ linearAddress: translateLegacy.shape.linearAddress })
  .meta({ id: 'TranslateLegacy' });

/** The parameters of a memory operation whose data is the body; read as those of a JSON body are. */
export const memOpQuery = z
  .strictObject({
    op: z.string(),
    gaddr: z.string(),
    size: z.string().meta({ description: 'bytes; the length of the body if absent' }),
    flags: z.union([z.string(), z.array(z.string())]).meta({ description: 'a number, or names, comma between' }),
    ar: z.string(),
    key: z.string(),
    sidaOffset: z.string(),
    oldData: z.string().meta({ description: 'base64' }),
  })
  .partial();

export type MemOpQuery = z.output<typeof memOpQuery>;

export const translateQuery = z
  .strictObject({
    explain: z
      .enum(['true', 'false'])
      .default('false')
      .transform((text) => text === 'true')
      .meta({ description: 'answer every table entry that was read' }),
    ...momentFields,
  })
  .refine(oneMoment, ONE_MOMENT);

export type TranslateQuery = z.output<typeof translateQuery>;

const memOpReply = {
  data: base64.optional(),
  exception: programException.optional(),
  swapped: z.boolean().optional(),
  oldData: base64.optional(),
};

export const memOpAnswer = answered(memOpReply).meta({ id: 'MemOpAnswer' });

export const memOpBatchAnswer = answered({
  results: z.array(z.strictObject({ ...refusedItem, ...memOpReply })),
}).meta({ id: 'MemOpBatchAnswer' });

const walkStep = z
  .strictObject({
    level: z.int(),
    table: z.string(),
    index: z.int(),
    entryAddress: hex,
    entry: hex,
    flags: z.array(z.string()),
    pageSize: z.int().optional(),
    next: hex.optional(),
  })
  .meta({ id: 'WalkStep' });

/** What `explain` adds. */
const explanation = {
  walk: z.array(walkStep).optional(),
  stoppedBy: z.strictObject({ reason: z.string(), check: z.string() }).optional(),
};

const translateReply = {
  absolute: hex.optional(),
  pageSize: z.int().optional(),
  exception: programException.optional(),
  ...explanation,
};

const translate2Reply = {
  valid: z.boolean(),
  physicalAddress: hex.meta({
    description: 'where the address lies, or the address of the entry that the walk ended at',
  }),
  errorCode: z.strictObject({ code: z.int(), name: z.string() }).nullable(),
  setBitsSucceeded: z.boolean(),
  ...explanation,
};

const s390xAnswer = answered(translateReply).meta({ id: 'S390xTranslateAnswer' });
const x86Answer = answered(translate2Reply).meta({ id: 'X86TranslateAnswer' });

/** What the architectures answer to a translation, and to a batch. */
export const translateAnswer = z.union([s390xAnswer, x86Answer]);

const s390xItem = z.strictObject({ ...refusedItem, ...translateReply });
const x86Item = z.union([z.strictObject({ ret: z.literal(0), ...translate2Reply }), z.strictObject(refusedItem)]);

export const translateBatchAnswer = z.union([
  answered({ results: z.array(s390xItem) }).meta({ id: 'S390xTranslateBatchAnswer' }),
  answered({ results: z.array(x86Item) }).meta({ id: 'X86TranslateBatchAnswer' }),
]);

export const translateLegacyAnswer = answered({
  valid: z.boolean(),
  physicalAddress: hex,
  writeable: z.boolean(),
  usermode: z.boolean(),
}).meta({ id: 'TranslateLegacyAnswer' });
