import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { securityHeaders } from '../../../src/api/http/security-headers.js';
import type { Document, Operation, Place } from './document.js';

const escaped = (text: string): string => encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'));

const typeOf = (response: Response): string => (response.headers.get('content-type') ?? '').split(';')[0] ?? '';

const STREAM = 'text/event-stream';
const PROBLEM = 'application/problem+json';

/** What zod writes of itself where a shape has no words. */
const LIBRARY = /: (?:Invalid (?:input|option|key|value|string|number)|Too (?:small|big)|Unrecognized key)/;

/** Headers of every answer, and of how it is carried: no operation says them. */
const EVERYWHERE = new Set([
  ...Object.keys(securityHeaders()),
  ...['content-type', 'content-length', 'content-encoding', 'vary', 'date', 'connection', 'keep-alive'],
  ...['transfer-encoding', 'x-accel-buffering', 'expires', 'pragma'],
]);

type Documented = Operation['responses'][string];

/** A header that the document does not know; undefined if there is none. */
function strangeHeader({ headers = {} }: Documented, response: Response): string | undefined {
  const known = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  return [...response.headers.keys()].find((name) => !EVERYWHERE.has(name) && !known.has(name));
}

const detailOf = (text: string): string => String((JSON.parse(text) as { detail?: unknown }).detail);

/** Holds answers against what the document says of them. */
export class AnswerCheck {
  private readonly ajv = new Ajv2020({ strict: false, validateSchema: false, validateFormats: false });
  private readonly compiled = new Map<string, ValidateFunction | undefined>();

  /** What a problem can say, in words of the document: other members are allowed, so no schema refuses them. */
  private readonly extensions: ReadonlySet<string>;

  constructor(document: Document) {
    this.ajv.addSchema(document, 'document');
    this.extensions = new Set(Object.keys(document.components.schemas['Problem']?.properties ?? {}));
  }

  /** What is wrong with an answer; undefined if nothing is. */
  async flawOf({ method, path, operation }: Place, response: Response): Promise<string | undefined> {
    const { status } = response;
    const type = typeOf(response);
    const documented = operation.responses[status];
    if (documented === undefined) return `status ${status} is not documented: ${await response.text()}`;
    const header = strangeHeader(documented, response);
    if (header !== undefined) return `the header ${header} of ${status} is not documented`;
    if (type === STREAM) {
      await response.body?.cancel();
      return STREAM in (documented.content ?? {}) ? undefined : 'a stream is not documented';
    }
    const text = await response.text();
    if (method === 'head') return text === '' ? undefined : `HEAD has a body: ${text}`;
    if (status >= 500 && !('errno' in (JSON.parse(text) as object)))
      return `status ${status} without an errno: ${text}`;
    if (type === PROBLEM && LIBRARY.test(detailOf(text))) return `words of the validation library: ${detailOf(text)}`;
    const strange = type === PROBLEM && Object.keys(JSON.parse(text) as object).find((name) => !this.knows(name));
    if (strange) return `the field ${strange} of a problem is not documented: ${text}`;
    if (!(type in (documented.content ?? {}))) return `${type} is not documented for ${status}: ${text.slice(0, 200)}`;
    const at = ['paths', path, method, 'responses', String(status), 'content', type, 'schema'].map(escaped).join('/');
    return type.endsWith('json') ? this.shapeFlaw(at, JSON.parse(text)) : undefined;
  }

  private knows(field: string): boolean {
    return this.extensions.has(field);
  }

  private shapeFlaw(at: string, body: unknown): string | undefined {
    const validate = this.compiled.get(at) ?? this.ajv.getSchema(`document#/${at}`);
    this.compiled.set(at, validate);
    if (validate === undefined) return `there is no schema at ${at}`;
    return validate(body)
      ? undefined
      : `${this.ajv.errorsText(validate.errors)}: ${JSON.stringify(body).slice(0, 1000)}`;
  }
}
