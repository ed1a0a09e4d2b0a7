import type { Json } from '../../digester.js';
import { toJson } from '../../json.js';

/** Something that is not what it was: where (a JSON pointer, RFC 6901), and what; absent where it is not there. */
export interface ValueChange {
  readonly path: string;
  readonly from?: Json;
  readonly to?: Json;
}

type Fields = ReadonlyMap<string, unknown>;

/** The fields of a value that has some, by name; of a list by index. */
function fieldsOf(value: unknown): Fields | undefined {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return undefined;
  const entries = value instanceof Map ? [...(value as Map<unknown, unknown>)] : Object.entries(value);
  return new Map(entries.map(([key, item]) => [String(key), item as unknown]));
}

/** Bytes are not shown: they may be what was in memory. */
const shown = (value: unknown): Json => toJson(value, ({ length }) => `${length} bytes`);

const sameBytes = (a: unknown, b: unknown): boolean =>
  a instanceof Uint8Array && b instanceof Uint8Array && a.length === b.length && a.every((byte, i) => byte === b[i]);

const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

/** What of a value is not the same in another one, field by field, in order of the fields. */
export function* valueChanges(before: unknown, after: unknown, path = ''): Generator<ValueChange> {
  if (before === after || sameBytes(before, after)) return;
  const [was, is] = [fieldsOf(before), fieldsOf(after)];
  if (was && is && Array.isArray(before) === Array.isArray(after)) {
    for (const name of new Set([...was.keys(), ...is.keys()]))
      yield* valueChanges(was.get(name), is.get(name), `${path}/${escaped(name)}`);
    return;
  }
  yield {
    path,
    ...(before !== undefined && { from: shown(before) }),
    ...(after !== undefined && { to: shown(after) }),
  };
}
