import { type HttpRequest, headerOf } from './http.js';
import { excessOf } from './json-excess.js';
import { RequestProblem, malformedRequest } from './problem.js';

/** Most bytes of a request's body, and of one whose operation is marked `bulk`. */
export const BODY_MAX = 256 * 1024;
export const BULK_MAX = 16 * 1024 * 1024;

type Parsed = (error: Error | null, body?: unknown) => void;
type Parser = (request: HttpRequest, body: Buffer, done: Parsed) => void;

/** What of a Fastify instance the parsers are registered with. */
export interface ParserHost {
  removeAllContentTypeParsers(): void;
  addContentTypeParser(type: string, options: { parseAs: 'buffer' }, parser: Parser): unknown;
}

const NOTHING = Buffer.alloc(0);

const rawBodies = new WeakMap<object, Buffer>();

/** The bytes of a request's body, as they came; none if there was no body. */
export const rawBodyOf = (request: object): Buffer => rawBodies.get(request) ?? NOTHING;

/** What is wrong with a body that is compressed or the like: its bytes are not what they seem, and nothing decodes them. */
function codingProblem(request: HttpRequest): RequestProblem | undefined {
  const coding = headerOf(request, 'content-encoding')?.trim().toLowerCase() ?? '';
  if (['', 'identity'].includes(coding)) return undefined;
  const detail = `the body must be as it is, and not in the content coding ${coding}`;
  return new RequestProblem('unsupported_media_type', detail, {}, { 'accept-encoding': 'identity' });
}

/** A parser that takes bodies as they are, and also remembers the bytes. */
const remembering =
  (parser: Parser): Parser =>
  (request, body, done) => {
    const problem = codingProblem(request);
    if (problem) {
      done(problem);
      return;
    }
    rawBodies.set(request, body);
    parser(request, body, done);
  };

const decoder = new TextDecoder('utf-8', { fatal: true });

/** An escape for half of a surrogate pair; only behind one can a string be other than Unicode. */
const SURROGATE = /\\u[dD][89a-fA-F]/;

const wrong = (message: string): Error => malformedRequest([{ field: 'body', message }]);

/** Refuses what no part of the service can keep: the name `__proto__`, text that is not Unicode. */
function check(root: unknown, unicode: boolean): void {
  const waiting = [root];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value === 'string' && unicode && !value.isWellFormed()) throw wrong('holds text that is not Unicode');
    if (typeof value !== 'object' || value === null) continue;
    if (Object.hasOwn(value, '__proto__'))
      throw malformedRequest([{ field: '__proto__', message: 'is not known here' }]);
    if (unicode && !Object.keys(value).every((key) => key.isWellFormed()))
      throw wrong('holds text that is not Unicode');
    for (const item of Object.values(value)) if (unicode || typeof item === 'object') waiting.push(item);
  }
}

/** Reads a JSON body; an empty one is none. */
export function parseJson(body: Uint8Array): unknown {
  if (body.length === 0) return undefined;
  const excess = excessOf(body);
  if (excess !== undefined) throw wrong(excess);
  let text: string;
  let value: unknown;
  try {
    text = decoder.decode(body);
    value = JSON.parse(text);
  } catch (error) {
    throw wrong(error instanceof SyntaxError ? `is not JSON: ${error.message}` : 'is not UTF-8');
  }
  check(value, SURROGATE.test(text));
  return value;
}

const json: Parser = (_request, body, done) => {
  try {
    done(null, parseJson(body));
  } catch (error) {
    done(error as Error);
  }
};

const octets: Parser = (_request, body, done) => {
  done(null, body);
};

const unsupported: Parser = (_request, _body, done) => {
  done(new RequestProblem('unsupported_media_type', 'the body must be application/json or application/octet-stream'));
};

/** Makes a Fastify instance read JSON and octet streams and nothing else. */
export function registerParsers(host: ParserHost): void {
  const options = { parseAs: 'buffer' } as const;
  host.removeAllContentTypeParsers();
  host.addContentTypeParser('application/json', options, remembering(json));
  host.addContentTypeParser('application/octet-stream', options, remembering(octets));
  host.addContentTypeParser('*', options, unsupported);
}
