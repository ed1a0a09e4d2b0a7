import fc from 'fast-check';

/** What of JSON Schema the OpenAPI document uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly maxLength?: number;
  readonly contentEncoding?: string;
}

export type Schemas = Readonly<Record<string, Schema>>;

/** Numbers at which rules change, for fields that take 64 bits: pages, segments, the ends of memory and of what is allowed. */
const U64 = [
  ...['0', '0x0', '1', '8', '0x800', '0xfff', '0x1000', '0x1008', '0x2000', '0x4000', '0x10000', '0xfffff', '0x100000'],
  ...['0x200000', '0x40000000', '0x7fffffff', '0x80000000', '0x84000000', '0xffffffff', '0x7fffffffffffffff'],
  ...['0x8000000000000000', '0xfffffffffffff000', '0xffffffffffffffff', '0x10000000000000000'],
];

/** More items than these tell nothing new. */
const MOST_ITEMS = 4;
const MOST_TEXT = 40;

/** URLs behind which nobody listens. */
const URLS = [
  'http://127.0.0.1:9/',
  'http://127.0.0.1:9/a?b=c',
  'https://127.0.0.1:9/',
  'ftp://127.0.0.1/',
  'http://a:b@127.0.0.1:9/',
];

const times = fc
  .date({ min: new Date(0), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString());

const bytes = fc.uint8Array({ maxLength: 64 }).map((octets) => Buffer.from(octets).toString('base64'));

function textOf({ pattern, format, contentEncoding, maxLength = MOST_TEXT }: Schema): fc.Arbitrary<string> {
  if (contentEncoding === 'base64') return bytes;
  if (format === 'date-time') return times;
  if (format === 'uri') return fc.constantFrom(...URLS);
  if (pattern === undefined) return fc.string({ maxLength: Math.min(maxLength, MOST_TEXT) });
  const matching = fc.stringMatching(new RegExp(pattern));
  const known = U64.filter((text) => new RegExp(pattern).test(text));
  return known.length < 10 ? matching : fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...known) }, matching);
}

function integerOf({ minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER }: Schema) {
  const near = [minimum, minimum + 1, maximum - 1, maximum, 0, 1, 2, 8, 4096].filter(
    (number) => number >= minimum && number <= maximum,
  );
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...near) }, fc.integer({ min: minimum, max: maximum }));
}

/** Values of a schema by its name. */
type Named = (name: string) => fc.Arbitrary<unknown>;

/** Makes values that a schema takes, mostly: what a document cannot say of them is not known here. */
export type ValuesOf = (schema: Schema) => fc.Arbitrary<unknown>;

/** @param schemas those that others refer to by name, perhaps themselves */
export function valuesIn(schemas: Schemas): ValuesOf {
  const named = fc.letrec((tie) =>
    Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, valueOf(schema, tie)])),
  );
  return (schema) => valueOf(schema, (name) => named[name] ?? fc.jsonValue());
}

function valueOf(schema: Schema, named: Named): fc.Arbitrary<unknown> {
  const { $ref, anyOf, oneOf = anyOf, type } = schema;
  if ($ref !== undefined) return named($ref.split('/').at(-1) ?? '');
  if (oneOf) return fc.oneof(...oneOf.map((form) => valueOf(form, named)));
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (type === 'string') return textOf(schema);
  if (type === 'integer' || type === 'number') return integerOf(schema);
  if (type === 'boolean') return fc.boolean();
  if (type === 'null') return fc.constant(null);
  if (type === 'array') {
    const { items = {}, minItems = 0, maxItems = MOST_ITEMS } = schema;
    const maxLength = Math.max(minItems, Math.min(maxItems, MOST_ITEMS));
    return fc.array(valueOf(items, named), { minLength: minItems, maxLength });
  }
  if (type === 'object') return objectOf(schema, named);
  return fc.jsonValue();
}

function objectOf({ properties = {}, required = [], additionalProperties, propertyNames }: Schema, named: Named) {
  const fields = Object.entries(properties).map(([name, field]) => [name, valueOf(field, named)] as const);
  const record = fc.record(Object.fromEntries(fields), { requiredKeys: [...required] });
  if (typeof additionalProperties !== 'object') return record;
  const names = valueOf(propertyNames ?? { type: 'string' }, named) as fc.Arbitrary<string>;
  const more = fc.dictionary(names, valueOf(additionalProperties, named), { maxKeys: MOST_ITEMS });
  return fc.tuple(more, record).map((parts) => Object.assign({}, ...parts) as object);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** All objects and arrays within a value, the outermost first. */
const nested = (value: unknown): Record<string, unknown>[] =>
  isObject(value) ? [value, ...Object.values(value).flatMap(nested)] : [];

/** A value with something wrong in one place of it: a field of another kind, one too many, one too few. */
export const spoiled = (values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc
    .tuple(values, fc.nat(), fc.nat(), fc.constantFrom('other', 'more', 'less'), fc.jsonValue({ maxDepth: 1 }))
    .map(([value, where, which, how, other]) => {
      const copy = structuredClone(value);
      const places = nested(copy);
      const place = places[where % Math.max(places.length, 1)];
      if (place === undefined) return other;
      const names = Object.keys(place);
      const name = names[which % Math.max(names.length, 1)];
      if (how === 'more' || name === undefined) place['unknownField'] = other;
      else if (how === 'other') place[name] = other;
      else if (Array.isArray(place)) place.length = 0;
      else Reflect.deleteProperty(place, name);
      return copy;
    });
