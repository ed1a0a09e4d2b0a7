import { z } from 'zod';
import { u64 } from '../../domain/shapes/scalars.js';
import { ACCESS } from '../../domain/x86_64/paging/permissions.js';
import { paging } from '../http/cursor.js';
import { ONE_MOMENT, momentFields, oneMoment } from '../http/moment.js';
import { answered, hex } from './output.js';

/** The range of linear addresses that is asked for, and the page of the answer. */
export const mappingsQuery = z
  .strictObject({
    from: u64.default(0n).meta({ description: 'the first address; rounded down to 4 KiB' }),
    to: u64.optional().meta({ description: 'the address after the last one, rounded up; absent: the end of all' }),
    ...paging,
    ...momentFields,
  })
  .refine(oneMoment, ONE_MOMENT);

export type MappingsQuery = z.output<typeof mappingsQuery>;

const run = z
  .strictObject({
    linearAddress: hex,
    size: hex.meta({ description: 'bytes' }),
    physicalAddress: hex,
    pageSize: z.int().optional().meta({ description: 'bytes; absent where paging is off' }),
    rights: z.array(z.enum(Object.keys(ACCESS) as [keyof typeof ACCESS])),
    protectionKey: z.int().optional(),
  })
  .meta({ id: 'MappedRun' });

export const mappingsAnswer = answered({
  items: z.array(run),
  nextCursor: z.string().optional().meta({ description: 'where to go on; absent at the end of the range' }),
}).meta({ id: 'Mappings' });
