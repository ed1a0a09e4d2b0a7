import { counterpartsOf, parseBody } from '../../domain/audit/record.js';
import type { StoredRecord } from '../journal/journal.js';

/** Fields of commands, answers and facts that name another VM. */
const NAMING: ReadonlySet<string> = new Set(['borrower', 'lender']);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const names = (name: string, item: unknown): item is string => NAMING.has(name) && typeof item === 'string';

/** The VMs that a value names, however deep in it. */
function namedIn(value: unknown): string[] {
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, item]) => (names(name, item) ? [item] : namedIn(item)));
}

/** A value without the fields that name one of some VMs, and a page of it. */
function without(value: unknown, hidden: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => without(item, hidden));
  if (!isObject(value)) return value;
  const entries = Object.entries(value);
  const gone = entries.filter(([name, item]) => names(name, item) && hidden.has(item)).map(([name]) => name);
  const left = new Set(gone.flatMap((name) => [name, `${name}Page`]));
  const shown = entries.filter(([name]) => !left.has(name));
  return Object.fromEntries(shown.map(([name, item]) => [name, without(item, hidden)]));
}

/** The other VMs that a record names. */
export function vmsNamedIn({ bytes }: StoredRecord): ReadonlySet<string> {
  const body = parseBody(bytes);
  return new Set([...counterpartsOf(body).map(({ vm }) => vm), ...namedIn([body.command, body.outcome, body.events])]);
}

/**
 * A record that does not say that some other VMs are there. Its leaf hash stays that of the record as it is in the journal, so
 * the two no longer fit together.
 */
export function recordWithout(record: StoredRecord, hidden: ReadonlySet<string>): StoredRecord {
  if (hidden.size === 0) return record;
  const { counterpart, counterparts, command, outcome, events, ...rest } = parseBody(record.bytes);
  const left = counterparts?.filter(({ vm }) => !hidden.has(vm)) ?? [];
  const body = {
    ...rest,
    ...(counterpart && !hidden.has(counterpart.vm) && { counterpart }),
    ...(left.length > 0 && { counterparts: left }),
    command: without(command, hidden),
    outcome: without(outcome, hidden),
    events: without(events, hidden),
  };
  return { ...record, bytes: Buffer.from(JSON.stringify(body)) };
}
