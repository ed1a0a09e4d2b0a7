import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Document, Place } from './document.js';

const escaped = (text: string): string => encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'));

const typeOf = (response: Response): string => (response.headers.get('content-type') ?? '').split(';')[0] ?? '';

const STREAM = 'text/event-stream';
const PROBLEM = 'application/problem+json';

/** What zod writes of itself where a shape has no words. */
const LIBRARY = /: (?:Invalid (?:input|option|key|value|string|number)|Too (?:small|big)|Unrecognized key)/;

const detailOf = (text: string): string => String((JSON.parse(text) as { detail?: unknown }).detail);

/** Holds answers against what the document says of them. */
export class AnswerCheck {
  private readonly ajv = new Ajv2020({ strict: false, validateSchema: false, validateFormats: false });
  private readonly compiled = new Map<string, ValidateFunction | undefined>();

  constructor(document: Document) {
    this.ajv.addSchema(document, 'document');
  }

  /** What is wrong with an answer; undefined if nothing is. */
  async flawOf({ method, path, operation }: Place, response: Response): Promise<string | undefined> {
    const { status } = response;
    const type = typeOf(response);
    const documented = operation.responses[status];
    if (documented === undefined) return `status ${status} is not documented: ${await response.text()}`;
    if (type === STREAM) {
      await response.body?.cancel();
      return STREAM in (documented.content ?? {}) ? undefined : 'a stream is not documented';
    }
    const text = await response.text();
    if (method === 'head') return text === '' ? undefined : `HEAD has a body: ${text}`;
    if (status >= 500 && !('errno' in (JSON.parse(text) as object)))
      return `status ${status} without an errno: ${text}`;
    if (type === PROBLEM && LIBRARY.test(detailOf(text))) return `words of the validation library: ${detailOf(text)}`;
    if (documented.content === undefined) return undefined;
    if (!(type in documented.content)) return `${type} is not documented for ${status}: ${text.slice(0, 200)}`;
    const at = ['paths', path, method, 'responses', String(status), 'content', type, 'schema'].map(escaped).join('/');
    return type.endsWith('json') ? this.shapeFlaw(at, JSON.parse(text)) : undefined;
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
