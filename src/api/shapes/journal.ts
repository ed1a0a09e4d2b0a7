import { z } from 'zod';
import { COMMAND_TYPES, type CommandType } from '../../domain/vm/command.js';
import { vmId } from '../../domain/shapes/create-vm.js';
import { u64 } from '../../domain/shapes/scalars.js';
import { paging } from '../cursor.js';
import { time } from '../moment.js';
import { queryInteger } from '../query-integer.js';
import { located, pageShape, rfc3339 } from './output.js';

const types = [...COMMAND_TYPES] as [CommandType, ...CommandType[]];

const most64 = (1n << 64n) - 1n;

const filters = {
  ...paging,
  after: queryInteger(0).default(0).meta({ description: 'only records after this position' }),
  type: z.enum(types).optional().meta({ description: "the command's type" }),
  outcome: z.enum(['done', 'refused']).optional(),
  actor: z.string().max(255).optional(),
  from: time.optional().meta({ description: 'not before this time (RFC 3339)' }),
  to: time.optional().meta({ description: 'not after this time (RFC 3339)' }),
  gpa: u64.optional().meta({ description: 'only records that touched a guest frame of this range: its first byte' }),
  size: u64.optional().meta({ description: 'the bytes of that range; 1 if absent' }),
};

interface Range {
  readonly gpa?: bigint | undefined;
  readonly size?: bigint | undefined;
}

const rangeIsWhole = ({ gpa, size }: Range): boolean => size === undefined || (gpa !== undefined && size > 0n);
const rangeEnds = ({ gpa, size }: Range): boolean => (gpa ?? 0n) + (size ?? 1n) - 1n <= most64;

const RANGE_WHOLE = { path: ['size'], error: 'must be at least 1, beside gpa' };
const RANGE_ENDS = { path: ['size'], error: 'must not reach beyond 2^64' };

/** The query of the whole journal. */
export const journalQuery = z
  .strictObject({ vm: vmId.optional(), ...filters })
  .refine(rangeIsWhole, RANGE_WHOLE)
  .refine(rangeEnds, RANGE_ENDS);

const version = queryInteger(0).optional();

/** The query of one VM's journal. */
export const vmJournalQuery = z
  .strictObject({
    ...filters,
    afterVersion: version.meta({ description: 'only records after this version' }),
    upToVersion: version.meta({ description: 'only records up to this version' }),
  })
  .refine(rangeIsWhole, RANGE_WHOLE)
  .refine(rangeEnds, RANGE_ENDS);

export type JournalQuery = z.output<typeof journalQuery> & z.output<typeof vmJournalQuery>;

/** Where a record of another VM is. */
const elsewhere = z.strictObject({ vm: z.string(), position: z.int().min(1) });

/** A record as it is answered: what its bytes say, and the leaf hash of the bytes. */
export const recordShape = z
  .strictObject({
    ...located,
    vm: z.string(),
    time: rfc3339,
    actor: z.string(),
    requestId: z.string(),
    model: z.string(),
    command: z.looseObject({ type: z.string() }),
    outcome: z.looseObject({ ret: z.int(), errno: z.string().optional() }),
    counterpart: elsewhere.optional().meta({ description: 'the record of another VM that is one fact with this one' }),
    counterparts: z.array(elsewhere).optional().meta({ description: 'the same where there are several' }),
    events: z.array(z.looseObject({ type: z.string() })),
    data: z
      .array(
        z.strictObject({
          role: z.string(),
          form: z.enum(['bytes', 'json']),
          size: z.int(),
          commitment: z.string().regex(/^[0-9a-f]{64}$/),
        }),
      )
      .optional(),
    digests: z.strictObject({ state: z.string().optional() }),
    leafHash: z.string().regex(/^[0-9a-f]{64}$/),
  })
  .meta({ id: 'JournalRecord' });

export const journalPage = pageShape(recordShape, {}).meta({ id: 'JournalPage' });
