import { z } from 'zod';
import { COMMAND_TYPES, type CommandType } from '../../domain/vm/command.js';
import { vmId } from '../../domain/shapes/create-vm.js';
import { u64 } from '../../domain/shapes/scalars.js';
import { paging } from '../http/cursor.js';
import { time } from '../http/moment.js';
import { queryInteger } from '../http/query-integer.js';
import { located, pageShape, rfc3339 } from './output.js';

const types = [...COMMAND_TYPES] as [CommandType, ...CommandType[]];

const most64 = (1n << 64n) - 1n;

/** What a query can ask of each record. */
export const matching = {
  type: z.enum(types).optional().meta({ description: "the command's type" }),
  outcome: z.enum(['done', 'refused']).optional(),
  actor: z.string().max(255).optional(),
  from: time.optional().meta({ description: 'not before this time (RFC 3339)' }),
  to: time.optional().meta({ description: 'not after this time (RFC 3339)' }),
  gpa: u64.optional().meta({
    description:
      'only records that touched guest frames of this range: its first byte; one that touched several places, as a batch does, counts for all that lies in between',
  }),
  size: u64.optional().meta({ description: 'the bytes of that range; 1 if absent' }),
};

const filters = {
  ...paging,
  after: queryInteger(0).default(0).meta({ description: 'only records after this position' }),
  ...matching,
};

interface Range {
  readonly gpa?: bigint | undefined;
  readonly size?: bigint | number | undefined;
}

export const rangeIsWhole = ({ gpa, size }: Range): boolean => size === undefined || (gpa !== undefined && size > 0);
export const rangeEnds = ({ gpa, size }: Range): boolean => (gpa ?? 0n) + BigInt(size ?? 1) - 1n <= most64;

export const RANGE_WHOLE = { path: ['size'], error: 'must be at least 1, beside gpa' };
export const RANGE_ENDS = { path: ['size'], error: 'must not reach beyond 2^64' };

/** The query of the whole journal. */
export const journalQuery = z
  .strictObject({ vm: vmId.optional(), ...filters })
  .refine(rangeIsWhole, RANGE_WHOLE)
  .refine(rangeEnds, RANGE_ENDS);

/** Filters that a record has to pass. */
export const journalFilter = z
  .strictObject({ vm: vmId.optional(), ...matching })
  .refine(rangeIsWhole, RANGE_WHOLE)
  .refine(rangeEnds, RANGE_ENDS);

export type JournalFilter = z.output<typeof journalFilter>;

/** The query of a stream of records. */
export const streamQuery = z
  .strictObject({
    vm: vmId.optional(),
    ...matching,
    after: queryInteger(0).optional().meta({ description: 'records after this position; those to come if absent' }),
  })
  .refine(rangeIsWhole, RANGE_WHOLE)
  .refine(rangeEnds, RANGE_ENDS);

export type StreamQuery = z.output<typeof streamQuery>;

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

/** The trace that a request was part of. */
const trace = {
  traceparent: z
    .string()
    .optional()
    .meta({ description: 'the trace that the request was part of (W3C Trace Context)' }),
  tracestate: z.string().optional(),
};

/** What a record holds of the data beside it. */
export const commitments = z.array(
  z.strictObject({
    role: z.string(),
    form: z.enum(['bytes', 'json']),
    size: z.int(),
    commitment: z.string().regex(/^[0-9a-f]{64}$/),
  }),
);

/** A record as it is answered: what its bytes say, and the leaf hash of the bytes. */
export const recordShape = z
  .strictObject({
    ...located,
    ...trace,
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
    data: commitments.optional(),
    digests: z.strictObject({ state: z.string().optional() }),
    leafHash: z.string().regex(/^[0-9a-f]{64}$/),
  })
  .meta({ id: 'JournalRecord' });

/** A record as an event: CloudEvents 1.0, JSON event format. */
export const cloudEventShape = z
  .strictObject({
    specversion: z.literal('1.0'),
    id: z
      .string()
      .regex(/^[1-9]\d*$/)
      .meta({ description: 'the position in the journal' }),
    source: z.string().meta({ description: "the VM's path" }),
    type: z.string().meta({ description: "dev.vmledger, the command's type, and done or refused" }),
    subject: z
      .string()
      .regex(/^[1-9]\d*$/)
      .meta({ description: "the version of the VM's ledger" }),
    time: rfc3339,
    datacontenttype: z.literal('application/json'),
    ...trace,
    data: recordShape,
  })
  .meta({ id: 'CloudEvent' });

export const journalPage = pageShape(recordShape, {}).meta({ id: 'JournalPage' });
