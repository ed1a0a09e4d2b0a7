import { z } from 'zod';
import { ACCESS_KINDS } from '../../domain/audit/accesses/access.js';
import { CHANGED } from '../../domain/audit/diff/vm-changes.js';
import { vmId } from '../../domain/shapes/create-vm.js';
import { HOST_ACCESS_MAX } from '../../domain/shapes/memory.js';
import { u32, u64 } from '../../domain/shapes/scalars.js';
import { PAGE_MAX, paging } from '../http/cursor.js';
import { ONE_MOMENT, momentFields, oneMoment } from '../http/moment.js';
import { queryInteger } from '../http/query-integer.js';
import { RANGE_ENDS, RANGE_WHOLE, commitments, matching, rangeEnds, rangeIsWhole } from './journal.js';
import { hex, located, pageShape, rfc3339 } from './output.js';

/** The paging of what is answered whole in other forms than JSON. */
const someOrAll = {
  limit: queryInteger(1, PAGE_MAX)
    .optional()
    .meta({ description: 'most items; if absent 100 in JSON, and all in other forms' }),
  cursor: paging.cursor,
};

const kind = z.enum(ACCESS_KINDS);

/** The query of accesses. */
export const accessesQuery = z
  .strictObject({
    vm: vmId.optional().meta({ description: 'accesses of this VM, and of others to pages that it shares with them' }),
    ...matching,
    gpa: u64.optional().meta({ description: 'only accesses to absolute memory of this range: its first byte' }),
    kind: z
      .union([kind, z.array(kind)])
      .optional()
      .meta({ description: 'what was done; given several times, any of them' }),
    ...someOrAll,
  })
  .refine(rangeIsWhole, RANGE_WHOLE)
  .refine(rangeEnds, RANGE_ENDS);

export type AccessesQuery = z.output<typeof accessesQuery>;

const part = z.strictObject({ absolute: hex, size: hex });

/** An access as it is answered. */
export const accessShape = z
  .strictObject({
    ...located,
    vm: z.string().meta({ description: 'whose record it is' }),
    time: rfc3339,
    actor: z.string(),
    requestId: z.string(),
    command: z.string().meta({ description: "the command's type" }),
    kind,
    item: z.int().optional().meta({ description: 'which item of a batch, or which of several writes, from 0 on' }),
    vcpu: z.int().optional(),
    asOf: z.int().optional().meta({ description: 'the version that was looked at, if it was the past' }),
    ret: z.int().meta({ description: 'what it, or the item, was answered' }),
    errno: z.string().optional(),
    given: z
      .strictObject({ space: z.enum(['absolute', 'logical', 'real', 'linear']), address: hex, size: hex })
      .optional()
      .meta({ description: 'the address as it was given; absent for what the machine did by itself' }),
    resolved: z.array(part).meta({ description: 'the absolute memory that was reached, in order' }),
    shared: z
      .array(z.strictObject({ vm: z.string(), absolute: hex, size: hex }))
      .meta({ description: 'where the same bytes are besides' }),
    data: commitments.meta({ description: "the record's commitments to the data" }),
  })
  .meta({ id: 'Access' });

export const accessPage = pageShape(accessShape, {}).meta({ id: 'AccessPage' });

/** The query of who wrote memory last. */
export const blameQuery = z
  .strictObject({
    gpa: u64,
    size: u32
      .refine((count) => count >= 1 && count <= HOST_ACCESS_MAX, `must be 1 to ${HOST_ACCESS_MAX}`)
      .meta({ description: 'bytes, 1 to 16 MiB' }),
    ...momentFields,
    ...someOrAll,
  })
  .refine(oneMoment, ONE_MOMENT)
  .refine(rangeEnds, RANGE_ENDS);

export type BlameQuery = z.output<typeof blameQuery>;

/** A run of memory and the access that wrote it last. */
export const blameShape = z
  .strictObject({
    gpa: hex,
    size: hex,
    backed: z.boolean().meta({ description: 'whether a memory slot is there' }),
    hidden: z
      .literal(true)
      .optional()
      .meta({ description: 'it was written by a record that is not there for whoever asks' }),
    write: z
      .strictObject({
        ...located,
        vm: z.string().meta({ description: 'whose record it is: another one’s where the page is shared' }),
        time: rfc3339,
        actor: z.string(),
        command: z.string(),
        kind,
        item: z.int().optional(),
      })
      .optional()
      .meta({ description: 'absent where nothing was ever written' }),
  })
  .meta({ id: 'Blame' });

export const blamePage = pageShape(blameShape, {
  ...located,
  position: z.int().min(1).meta({ description: 'as of which record of the journal' }),
}).meta({ id: 'BlamePage' });

/** The query of what changed between two versions. */
export const diffQuery = z.strictObject({
  from: queryInteger(1).meta({ description: 'a version of the VM' }),
  to: queryInteger(1).optional().meta({ description: 'another one; the last if absent' }),
  ...someOrAll,
});

export type DiffQuery = z.output<typeof diffQuery>;

/** Something that changed. */
export const changeShape = z
  .strictObject({
    what: z.enum([...CHANGED, 'memory']),
    path: z
      .string()
      .optional()
      .meta({ description: 'a JSON pointer: into the VM, into its vCPUs by id, into its slots by number' }),
    from: z.unknown().optional().meta({ description: 'what was there; absent where nothing was' }),
    to: z.unknown().optional().meta({ description: 'what is there; absent where nothing is' }),
    gpa: hex.optional().meta({ description: 'the first of a run of bytes that all changed' }),
    size: hex.optional(),
    erased: z.int().optional().meta({
      description: 'the record that erased the bytes: whether and where they changed cannot be told any more',
    }),
  })
  .meta({ id: 'Change' });

const compared = z.strictObject({
  ...located,
  digest: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .meta({ description: 'of the state, as the record has it' }),
});

export const diffPage = pageShape(changeShape, { from: compared, to: compared, ...located }).meta({ id: 'Diff' });
