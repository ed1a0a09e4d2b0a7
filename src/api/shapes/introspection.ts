import { z } from 'zod';
import { EVENT_NAMES } from '../../domain/introspection/events.js';
import {
  allowFields,
  eventDetails,
  hookFields,
  kvmiFields,
  kvmiOperandsFit,
  oneNamed,
  replyFields,
} from '../../domain/shapes/kvmi.js';
import { paging } from '../http/cursor.js';
import { queryInteger } from '../http/query-integer.js';
import { exitShape } from './exit.js';
import { answered, base64, hex, located } from './output.js';
import { vmPath } from './path.js';
import { x86RegisterFile } from './vcpu.js';

export const hookBody = z.strictObject(hookFields).meta({ id: 'HookIntrospection' });

export const allowBody = z
  .strictObject(allowFields)
  .refine(oneNamed, { path: ['command'], message: 'must have command or event, and not both' })
  .meta({ id: 'AllowIntrospection' });

export const toolBody = z.strictObject(kvmiFields).superRefine(kvmiOperandsFit).meta({ id: 'IntrospectionCommand' });

export type ToolBody = z.output<typeof toolBody>;

const msrs = z.array(z.strictObject({ index: z.int(), value: hex }));
const mode = z.union([z.literal(2), z.literal(4), z.literal(8)]);
const rights = z.array(z.enum(['r', 'w', 'x']));

/** What each command answers is in the design of the commands; here is all that one of them may. */
export const toolAnswer = answered({
  protocolVersion: z.int().optional(),
  maxMessageSize: z.int().optional(),
  vcpuCount: z.int().optional(),
  tscHz: hex.optional(),
  mode: mode.optional(),
  registers: x86RegisterFile.optional(),
  msrs: msrs.optional(),
  eax: z.int().optional(),
  ebx: z.int().optional(),
  ecx: z.int().optional(),
  edx: z.int().optional(),
  data: base64.optional(),
  access: z.array(rights).optional(),
  token: base64.optional().meta({ description: '32 bytes; told once, and nowhere recorded but by its commitment' }),
}).meta({ id: 'IntrospectionAnswer' });

export const introspectionShape = z
  .strictObject({
    hooked: z.boolean(),
    uuid: z.string().optional(),
    allowed: z.strictObject({ commands: z.array(z.string()), events: z.array(z.string()) }),
    enabled: z.strictObject({ vm: z.array(z.string()), vcpus: z.record(z.string(), z.array(z.string())) }),
    tokens: z.int().meta({ description: 'that nobody used, those that are too old by now among them' }),
    pendingEvents: z.int(),
    ...located,
  })
  .meta({ id: 'Introspection' });

/** Most milliseconds for which a request for events is held. */
const WAIT_MAX = 30_000;

export const eventsQuery = z.strictObject({
  after: queryInteger(0, Number.MAX_SAFE_INTEGER).default(0).meta({ description: 'events with a greater seq' }),
  wait: queryInteger(0, WAIT_MAX).default(0).meta({ description: 'milliseconds to wait for the first one' }),
  limit: paging.limit,
});

export type EventsQuery = z.output<typeof eventsQuery>;

/** An event that waits. */
const eventShape = z.strictObject({
  seq: z.int().min(1),
  event: z.enum(EVENT_NAMES),
  vcpu: z.int().optional(),
  mode: mode.optional(),
  registers: x86RegisterFile.optional(),
  msrs: msrs.optional(),
  gva: hex.optional(),
  gpa: hex.optional(),
  access: rights.optional(),
  view: z.int().optional(),
  cr: z.int().optional(),
  msr: z.int().optional(),
  xcr: z.int().optional(),
  oldValue: hex.optional(),
  newValue: hex.optional(),
  length: z.int().optional(),
  vector: z.int().optional(),
  errorCode: z.int().optional(),
  address: hex.optional(),
  descriptor: eventDetails.shape.descriptor,
  write: z.int().optional(),
});

export const eventsAnswer = z
  .strictObject({ items: z.array(eventShape), ...located })
  .meta({ id: 'IntrospectionEvents' });

export const eventPath = z.strictObject({ ...vmPath.shape, seq: queryInteger(0, Number.MAX_SAFE_INTEGER) });

export type EventPath = z.output<typeof eventPath>;

export const replyBody = z.strictObject(replyFields).meta({ id: 'EventReply' });

/** What a call that was held comes to: whatever the same call answers without introspection. */
const resumed = z.looseObject({ ret: z.int() });

export const replyAnswer = answered({
  channel: z.enum(['open', 'closed']),
  resumed: resumed.optional(),
  waiting: z.int().optional().meta({ description: 'the seq of the next event, which came first' }),
  exit: exitShape.optional(),
}).meta({ id: 'EventReplyAnswer' });

export const unhookAnswer = answered({
  resumed: z
    .record(z.string(), resumed)
    .optional()
    .meta({ description: 'what the calls of vCPUs that waited come to, by vCPU' }),
}).meta({ id: 'UnhookAnswer' });
