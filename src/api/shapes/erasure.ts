import { z } from 'zod';
import { vmId } from '../../domain/shapes/create-vm.js';
import { REASON_MAX } from '../../domain/shapes/erasure.js';
import { paging } from '../http/cursor.js';
import { located, pageShape, rfc3339 } from './output.js';

const position = z.int().min(1);

/** The body that erases a VM's memory. */
export const eraseBody = z
  .strictObject({
    vm: vmId,
    from: position.optional().meta({ description: 'the first position of the records; the first of all if absent' }),
    to: position.optional().meta({ description: "the last position; the VM's last record if absent" }),
    reason: z.string().min(1).max(REASON_MAX).meta({ description: 'stays in the journal for ever' }),
  })
  .refine(({ from = 1, to = Infinity }) => from <= to, { path: ['to'], error: 'must not be before from' })
  .meta({ id: 'EraseMemory' });

export type EraseBody = z.output<typeof eraseBody>;

const erasure = {
  vm: z.string(),
  from: position,
  to: z.int().min(0),
  reason: z.string(),
  records: z.int().meta({ description: 'records that lost data' }),
  pieces: z.int().meta({ description: 'pieces of data that are gone' }),
  bytes: z.int().meta({ description: 'their bytes' }),
  actor: z.string(),
  ...located,
};

/** An erasure as the journal has it. */
export const erasureShape = z.strictObject({ ...erasure, time: rfc3339 }).meta({ id: 'Erasure' });

/** What came of an erasure. */
export const erasedShape = z
  .strictObject({
    ...erasure,
    kept: z.int().meta({ description: 'pages of a living VM that were recorded once more, since it still has them' }),
  })
  .meta({ id: 'Erased' });

export const erasuresQuery = z.strictObject({ ...paging, vm: vmId.optional() });

export type ErasuresQuery = z.output<typeof erasuresQuery>;

export const erasurePage = pageShape(erasureShape, {
  swept: z.boolean().meta({
    description:
      "whether nothing that was erased is left in the free space of the ledger's files; else it will be gone soon",
  }),
}).meta({ id: 'ErasurePage' });
