import { z } from 'zod';
import { memOpBatch, translateBatch } from '../../domain/shapes/s390x-access.js';
import { ONE_MOMENT, momentFields, oneMoment } from '../moment.js';
import { answered, base64, hex, programException, refusedItem } from './output.js';

const { ops: memOps } = memOpBatch.shape;
const { ops: translations } = translateBatch.shape;

/** The body of a batch of memory operations. */
export const memOpBatchBody = z.strictObject({ ops: memOps }).meta({ id: 'MemOpBatch' });

/** The body of a batch of translations. */
export const translateBatchBody = z.strictObject({ ops: translations }).meta({ id: 'S390xTranslateBatch' });

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

const translateReply = {
  absolute: hex.optional(),
  pageSize: z.int().optional(),
  exception: programException.optional(),
  walk: z.array(walkStep).optional(),
  stoppedBy: z.strictObject({ reason: z.string(), check: z.string() }).optional(),
};

export const translateAnswer = answered(translateReply).meta({ id: 'S390xTranslateAnswer' });

export const translateBatchAnswer = answered({
  results: z.array(z.strictObject({ ...refusedItem, ...translateReply })),
}).meta({ id: 'S390xTranslateBatchAnswer' });
