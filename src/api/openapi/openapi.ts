import { type INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { z } from 'zod';
import { CSV, HTML, JSON_LINES, JSON_TYPE, OCTETS, OPENMETRICS_TYPE, TEXT } from '../http/accept.js';
import { isPublic } from '../auth/access.js';
import { jsonSchemaOf } from './json-schema.js';
import { PROBLEM_JSON } from '../http/problem.js';
import { isChange } from '../http/request-key.js';
import { problemShape } from '../shapes/problem.js';

const text = { type: 'string' };

const HEADERS: Readonly<Record<string, object>> = {
  ETag: { description: 'The version of the VM, as an entity tag.', schema: text },
  Location: { description: 'The path of what was made.', schema: text },
  'KVM-Ret': { description: 'What the ioctl returned.', schema: { type: 'integer' } },
  'KVM-Errno': { description: 'The errno of a refusal.', schema: text },
  'KVM-Exception': { description: 'The program interruption, in JSON, of an answer in octets.', schema: text },
  'Retry-After': { description: 'Seconds after which it may go through.', schema: { type: 'integer' } },
  'Idempotency-Replayed': {
    description: '`true`: the answer to an earlier request under the same Idempotency-Key.',
    schema: { type: 'string', enum: ['true'] },
  },
  'Accept-Encoding': { description: 'The content codings that a body may be in: none.', schema: text },
  'WWW-Authenticate': { description: 'How to say who asks (RFC 6750).', schema: text },
  'X-Request-Id': { description: 'As the client sent it, or made by the service.', schema: text },
};

const reference = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` });

const headers = (...names: string[]) => Object.fromEntries(names.map((name) => [name, reference('headers', name)]));

const IF_MATCH = {
  name: 'If-Match',
  in: 'header',
  required: false,
  description: 'The versions of the VM, as entity tags, at which the command is to be carried out; 412 at any other.',
  schema: text,
};

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Makes the request safe to repeat: for a day the first answer to what was recorded (below 500) or done is given again, byte for byte; 422 if the same actor used the key for another request. What was malformed or not let in can be asked for again.',
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
};

/** Who asks: a token that `vmledger token` made, or one of the identity provider. */
const BEARER = {
  bearer: { type: 'http', scheme: 'bearer', description: 'Not needed if the service is open on loopback.' },
};

/** W3C Trace Context. */
const TRACE = [
  {
    name: 'traceparent',
    in: 'header',
    required: false,
    description: 'The trace that the request is part of; recorded with the command. One that is not valid is ignored.',
    schema: text,
  },
  { name: 'tracestate', in: 'header', required: false, description: 'What goes with it.', schema: text },
];

const REQUEST_ID = {
  name: 'X-Request-Id',
  in: 'header',
  required: false,
  description: "The request's id in the journal and the log.",
  schema: { type: 'string', pattern: '^[\\w.-]{1,128}$' },
};

interface Content {
  schema?: unknown;
}

interface Body {
  required?: boolean;
  content?: Record<string, Content>;
  headers?: object;
  description?: string;
}

interface OperationObject {
  readonly operationId: string;
  security?: unknown[];
  parameters?: unknown[];
  requestBody?: Body;
  responses: Record<string, Body>;
}

/** What stands in another media type than JSON has no schema of JSON's. */
const PLAIN: Readonly<Record<string, Content>> = {
  [OCTETS]: {},
  [TEXT]: { schema: text },
  [CSV]: { schema: text },
  [JSON_LINES]: { schema: text },
  [OPENMETRICS_TYPE]: { schema: text },
  [HTML]: { schema: text },
};

function plainContent(body: Body | undefined): void {
  const { content } = body ?? {};
  if (content) for (const type of Object.keys(content)) content[type] = PLAIN[type] ?? content[type] ?? {};
}

interface Schema {
  readonly $ref?: string;
  readonly properties?: object;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

type Schemas = Readonly<Record<string, Schema>>;

/** The schema that a reference stands for. */
const schemaAt = (reference: string, schemas: Schemas): Schema => schemas[reference.split('/').at(-1) ?? ''] ?? {};

/** Whether an object of some form that the schema takes may be empty. */
function takesEmpty({ $ref, anyOf, oneOf, required = [] }: Schema, schemas: Schemas): boolean {
  if ($ref !== undefined) return takesEmpty(schemaAt($ref, schemas), schemas);
  const forms = anyOf ?? oneOf;
  return forms ? forms.some((form) => takesEmpty(form, schemas)) : required.length === 0;
}

/** Whether a request may do without its body: where a POST may bring no octets, and where no field is required. */
const isOptional = (method: string, { content = {} }: Body, schemas: Schemas): boolean =>
  OCTETS in content ? method === 'post' : takesEmpty(content[JSON_TYPE]?.schema ?? {}, schemas);

/** Operations that a version can be asked of are commands: those that can be refused because of it. */
const isCommand = ({ responses }: OperationObject): boolean => '412' in responses;

/** Whether an operation answers the version of a VM: then its entity tag says it too. */
function tellsVersion({ responses }: OperationObject, schemas: Schemas): boolean {
  const { $ref, properties = {} }: Schema = responses['200']?.content?.[JSON_TYPE]?.schema ?? {};
  return 'version' in ($ref === undefined ? properties : (schemaAt($ref, schemas).properties ?? {}));
}

/** The rest of a path is `*` to the router, and `path` to readers, as in the path itself. */
const named = (parameter: unknown): unknown =>
  (parameter as { readonly name?: string }).name === '*' ? { ...(parameter as object), name: 'path' } : parameter;

/** What a change can be answered because of its body, or its key. */
const CHANGE_STATUSES = [413, 415, 422];

function complete(method: string, operation: OperationObject, schemas: Schemas): void {
  const command = isCommand(operation);
  const change = isChange(method.toUpperCase());
  const versioned = command || tellsVersion(operation, schemas);
  if (change) operation.responses['422'] ??= { description: 'A problem.' };
  operation.security = isPublic(operation.operationId) ? [] : [{ bearer: [] }];
  operation.parameters = [
    ...(operation.parameters ?? []).map(named),
    ...(command ? [IF_MATCH, ...TRACE] : []),
    ...(change ? [IDEMPOTENCY_KEY] : []),
    { ...REQUEST_ID },
  ];
  // A body of DELETE says nothing (RFC 9110, 9.3.5); it is looked at only to refuse what it says all the same.
  if (method === 'delete') delete operation.requestBody;
  plainContent(operation.requestBody);
  if (operation.requestBody) operation.requestBody.required = !isOptional(method, operation.requestBody, schemas);
  if (change)
    for (const status of CHANGE_STATUSES)
      if (!(status in operation.responses)) operation.responses[status] = { description: 'A problem.' };
  for (const [status, response] of Object.entries(operation.responses)) {
    const octets = command && OCTETS in (response.content ?? {});
    const failed = Number(status) >= 400;
    // What is not there on an architecture has an errno, whether it would be recorded or not.
    const refusable = command || status === '501';
    if (failed) response.content = { [PROBLEM_JSON]: { schema: reference('schemas', 'Problem') } };
    else plainContent(response);
    response.headers = {
      ...response.headers,
      ...headers('X-Request-Id'),
      ...(versioned && headers('ETag')),
      ...(refusable && headers('KVM-Ret')),
      ...(refusable && failed && headers('KVM-Errno')),
      ...(['429', '503'].includes(status) && headers('Retry-After')),
      ...(status === '401' && headers('WWW-Authenticate')),
      ...(status === '415' && headers('Accept-Encoding')),
      ...(change && Number(status) < 500 && headers('Idempotency-Replayed')),
      ...(octets && !failed && headers('KVM-Exception')),
    };
  }
}

const INFO = new DocumentBuilder()
  .setOpenAPIVersion('3.1.0')
  .setTitle('vmledger')
  .setDescription(
    'KVM virtual machines kept as ledgers. A command that reached the machine answers `ret` as the ioctl returns it; a refusal is a problem with its errno; both are recorded before they are answered.',
  )
  .setVersion('1')
  .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
  .addServer('/')
  .build();

/** Schemas whose references to each other are those of a document's components. */
const asComponents = (schemas: object): unknown =>
  JSON.parse(JSON.stringify(schemas).replaceAll('"#/$defs/', '"#/components/schemas/'));

/** The OpenAPI 3.1 document of an application, made from the schemas that validate its requests. */
export function openApiOf(app: INestApplication): OpenAPIObject {
  const document = SwaggerModule.createDocument(app, INFO, {
    operationIdFactory: (_controller, method) => method,
    standardSchemaConverter: (schema) => jsonSchemaOf(schema as z.ZodType),
    autoTagControllers: false,
  });
  const { schemas = {} } = document.components ?? {};
  for (const path of Object.values(document.paths))
    for (const [method, operation] of Object.entries(path) as [string, OperationObject][])
      complete(method, operation, schemas);
  const problem = asComponents(jsonSchemaOf(problemShape).components) as typeof schemas;
  const components = {
    schemas: { ...schemas, ...problem },
    headers: HEADERS,
    securitySchemes: BEARER,
  } as OpenAPIObject['components'];
  return { ...document, components, security: [] } as OpenAPIObject;
}
