import fc from 'fast-check';
import type { Parameter, Place } from './document.js';
import { type ValuesOf, spoiled } from './schema-arbitrary.js';
import { VMS } from './fuzz-world.js';

/** A request as it is sent; `{vm:s}` and the like in the path stand for what has that name at the time. */
export interface FuzzRequest {
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

const ATTRIBUTES = [
  ...[
    'mem_ctrl/enable_cmma',
    'mem_ctrl/clr_cmma',
    'mem_ctrl/limit_size',
    'tod/low',
    'tod/high',
    'tod/ext',
    '0/0',
    '9/9',
  ],
  ...[
    'crypto/enable_aes_kw',
    'crypto/disable_aes_kw',
    'crypto/enable_apie',
    'cpu_model/processor',
    'cpu_model/machine',
  ],
  ...['cpu_model/processor_feat', 'cpu_model/machine_subfunc', 'migration/start', 'migration/stop', 'migration/status'],
  ...['smccc_ctrl/smccc_filter', 'cpu_topology/mtcr', 'pvtime_ctrl/ipa', 'no_group/no_attribute'],
];

/** What parameters of a path can usefully be, by name and operation; others are made from their schemas. */
const HINTS: Readonly<Record<string, readonly string[]>> = {
  vm: [...VMS.map((name) => `{vm:${name}}`), 'nobody'],
  vcpu: ['0', '0', '0', '1', '7'],
  slot: ['0', '1', '31'],
  seq: ['1', '2', '99'],
  cap: ['s390_ri', 's390_mem_op', 's390_ucontrol', 'nr_vcpus', '0', '4096', 'no_such_capability'],
  position: ['1', '2', '10'],
  path: ['0/000', '0/000.p/1', '0/000.p/5', '1/000', 'entries/000', 'entries/000.p/3', '63/000', 'x', '0/x001/000'],
  'getOneReg/id': ['0x5030000000000008', '0x0', '0x5030000000000001', '0x6030000000140000'],
  'setOneReg/id': ['0x5030000000000008', '0x0', '0x5030000000000001', '0x6030000000140000'],
  'getReplay/id': ['{replay}', 'none'],
  'followReplay/id': ['{replay}', 'none'],
  id: ['{webhook}', '{webhook}', 'none'],
};

/** So that nothing waits for what does not come, and answers stay small. */
const QUERY_HINTS: Readonly<Record<string, readonly string[]>> = {
  wait: ['0', '1', '5'],
  size: ['0', '1', '8', '0x1000', '0x10001', '0xffffffffffffffff'],
};

const JUNK = ['', '-1', '1.5', 'x', '0x', '%00', '99999999999999999999999', 'ü', '{}'];

const HEADERS: Readonly<Record<string, readonly string[]>> = {
  'if-match': ['*', '"1"', '"1", "2"', '"99999"', 'W/"1"', 'one'],
  'idempotency-key': ['k1', 'k2', 'k3', 'k4', 'k 5'],
  'x-request-id': ['id.of-the_client', 'no id'],
  traceparent: ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', '00-0-0-0'],
  tracestate: ['a=1', 'A=1'],
  accept: ['application/json', 'application/octet-stream', 'text/plain', 'text/csv', '*/*', ';;'],
  'last-event-id': ['0', '1', '-1', '999999999'],
};

const optionally = <Value>(percent: number, values: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.nat(99).chain((n) => (n < percent ? values : fc.constant(undefined)));

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** The values of a parameter; one that is of no use now and then. */
function parameterValue(place: Place, { name, schema = {} }: Parameter, valuesOf: ValuesOf): fc.Arbitrary<string> {
  const hints = HINTS[`${place.operation.operationId}/${name}`] ?? HINTS[name] ?? QUERY_HINTS[name];
  const made = hints ? fc.constantFrom(...hints) : valuesOf(schema).map(textOf);
  return fc.oneof({ weight: 15, arbitrary: made }, fc.constantFrom(...JUNK.map(encodeURIComponent)));
}

function pathOf(place: Place, valuesOf: ValuesOf): fc.Arbitrary<string> {
  const path = place.path.replace('{group}/{attribute}', '{attribute}');
  const named = place.operation.parameters.filter((one) => one.in === 'path' && path.includes(`{${one.name}}`));
  const values = named.map((parameter) => {
    if (parameter.name === 'attribute') return fc.constantFrom(...ATTRIBUTES);
    return parameterValue(place, parameter, valuesOf);
  });
  return fc
    .tuple(...values)
    .map((all) => named.reduce((text, { name }, i) => text.replace(`{${name}}`, () => all[i] ?? ''), path));
}

function queryOf(place: Place, valuesOf: ValuesOf): fc.Arbitrary<string> {
  const named = place.operation.parameters.filter((one) => one.in === 'query');
  const values = named.map((one) => optionally(one.required ? 95 : 40, parameterValue(place, one, valuesOf)));
  return fc.tuple(optionally(3, fc.constant('nope=1')), ...values).map(([more, ...all]) => {
    const pairs = named.flatMap(({ name }, i) =>
      all[i] === undefined ? [] : [`${name}=${encodeURIComponent(all[i])}`],
    );
    return [...pairs, ...(more === undefined ? [] : [more])].join('&');
  });
}

/** A body, and its media type. */
function bodyOf(
  { method, operation }: Place,
  valuesOf: ValuesOf,
): fc.Arbitrary<readonly [string, string | Uint8Array] | undefined> {
  const content = operation.requestBody?.content;
  if (content === undefined)
    return method === 'delete'
      ? optionally(5, fc.constant(['application/json', '{}'] as const))
      : fc.constant(undefined);
  const values = valuesOf(content['application/json']?.schema ?? {});
  const json = (from: fc.Arbitrary<unknown>) =>
    from.map((value) => ['application/json', JSON.stringify(value)] as const);
  const octets = fc.uint8Array({ maxLength: 64 }).map((bytes) => ['application/octet-stream', bytes] as const);
  const junk = fc.constantFrom(
    ['application/json', '{'] as const,
    ['text/plain', '{}'] as const,
    ['application/json; charset=utf-8', 'null'] as const,
    ['application/json', '[]'] as const,
  );
  return fc.oneof(
    { weight: 20, arbitrary: json(values) },
    { weight: 5, arbitrary: json(spoiled(values)) },
    { weight: 'application/octet-stream' in content ? 10 : 1, arbitrary: octets },
    { weight: 1, arbitrary: junk },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
}

const headersOf = (): fc.Arbitrary<Record<string, string>> => {
  const named = Object.entries(HEADERS).map(
    ([name, values]) => [name, optionally(8, fc.constantFrom(...values))] as const,
  );
  return fc
    .record(Object.fromEntries(named))
    .map(
      (all) =>
        Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<string, string>,
    );
};

/** Requests to an operation: most of them such as its document asks for, some with one thing wrong. */
export const requestsTo = (place: Place, valuesOf: ValuesOf): fc.Arbitrary<FuzzRequest> =>
  fc
    .tuple(pathOf(place, valuesOf), queryOf(place, valuesOf), headersOf(), bodyOf(place, valuesOf))
    .map(([path, query, headers, body]) => ({
      path,
      query,
      headers: { ...headers, ...(body && { 'content-type': body[0] }) },
      body: body?.[1],
    }));
