import type { Json } from '../../digester.js';
import { toJson } from '../../json.js';
import { erasedBy } from '../../memory/erased.js';

/**
 * Something that is not what it was: where (a JSON pointer, RFC 6901), and what; absent where it is not there. Or bytes of which that
 * cannot be told, and which record erased them.
 */
export interface ValueChange {
  readonly path: string;
  readonly from?: Json;
  readonly to?: Json;
  readonly erased?: number;
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

const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

/** Whether bytes are others, or that it cannot be told. */
function* byteChanges(was: Uint8Array, is: Uint8Array, path: string): Generator<ValueChange> {
  const erased = erasedBy(was) ?? erasedBy(is);
  if (erased === undefined && was.length === is.length && was.every((byte, i) => byte === is[i])) return;
  yield { path, from: shown(was), to: shown(is), ...(erased !== undefined && { erased }) };
}

/** What of a value is not the same in another one, field by field, in order of the fields. */
export function* valueChanges(before: unknown, after: unknown, path = ''): Generator<ValueChange> {
  if (before === after) return;
  if (before instanceof Uint8Array && after instanceof Uint8Array) {
    yield* byteChanges(before, after, path);
    return;
  }
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
