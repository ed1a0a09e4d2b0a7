import type { z } from 'zod';
import { firstFault, words } from '../shapes/words.js';
import { erased } from '../memory/erased.js';
import { type Command, command as commandShape } from '../vm/command.js';
import { type Event, event as eventShape } from '../vm/facts/event.js';
import { type RecordBody, STORING } from './record.js';

/** A record's bulk data by role. */
export type BulkByRole = ReadonlyMap<string, Uint8Array>;

const decoder = new TextDecoder();

const jsonOf = (bytes: Uint8Array): unknown => JSON.parse(decoder.decode(bytes));

/** Which facts are wanted of a record. */
export type EventFilter = (type: Event['type']) => boolean;

const every: EventFilter = () => true;

/** The roles that `eventsOf` needs; empty if the record alone will do. */
export function rolesOfEvents({ data = [], events }: RecordBody, wanted: EventFilter = every): string[] {
  const present = new Set(data.map(({ role }) => role));
  if (!present.has('events') && !events.some(({ type }) => STORING.has(type) && wanted(type))) return [];
  return ['events', present.has('events.data') ? 'events.data' : 'command.data'].filter((role) => present.has(role));
}

/** @throws in words, if it is of another shape */
function read<Shape extends z.ZodType>(shape: Shape, value: unknown, position: number): z.output<Shape> {
  const { data, error } = shape.safeParse(value, { error: words });
  if (error) throw new Error(`position ${position} cannot be read: ${firstFault(error)}`);
  return data;
}

/**
 * The facts of a record, or those that are wanted, with the bytes that they stored.
 *
 * @param by the position of the record that erased what is missing of the bulk data, if one did
 * @throws if the bulk data is not that of the record, or the record was not written by `seal`
 */
export function eventsOf(body: RecordBody, bulk: BulkByRole, wanted: EventFilter = every, by?: number): Event[] {
  const beside = bulk.get('events');
  const roles = new Set(body.data?.map(({ role }) => role));
  if (beside === undefined && roles.has('events'))
    throw new Error(`the facts of position ${body.position} are missing`);
  const events = (beside === undefined ? body.events : jsonOf(beside)) as RecordBody['events'];
  const stored = bulk.get(roles.has('events.data') ? 'events.data' : 'command.data');
  let at = 0;
  return events.flatMap((json) => {
    const { size, ...rest } = json;
    const start = at;
    if (STORING.has(json.type)) at += Number(size);
    if (!wanted(json.type)) return [];
    if (!STORING.has(json.type)) return read(eventShape, json, body.position);
    const data = stored?.subarray(start, at) ?? (by === undefined ? undefined : erased(Number(size), by));
    if (data?.length !== size) throw new Error(`the data of ${json.type} at position ${body.position} is missing`);
    return read(eventShape, { ...rest, data }, body.position);
  });
}

/**
 * The command of a record, with its bulk data.
 *
 * @throws as `eventsOf`
 */
export function commandOf(body: RecordBody, bulk: BulkByRole): Command {
  const fields: Record<string, unknown> = { ...body.command };
  for (const { role, form } of body.data ?? []) {
    const [owner, name] = role.split('.');
    const bytes = bulk.get(role);
    if (owner === 'command' && name !== undefined && bytes) fields[name] = form === 'json' ? jsonOf(bytes) : bytes;
  }
  return read(commandShape, fields, body.position);
}
