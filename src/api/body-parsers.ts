import { RequestProblem, malformedRequest } from './problem.js';

/** Most bytes of a request's body. */
export const BODY_MAX = 16 * 1024 * 1024;

/** Deepest nesting of a JSON body. */
export const JSON_DEPTH_MAX = 32;

type Parsed = (error: Error | null, body?: unknown) => void;
type Parser = (request: unknown, body: Buffer, done: Parsed) => void;

/** What of a Fastify instance the parsers are registered with. */
export interface ParserHost {
  removeAllContentTypeParsers(): void;
  addContentTypeParser(type: string, options: { parseAs: 'buffer'; bodyLimit: number }, parser: Parser): unknown;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** An escape for half of a surrogate pair; only behind one can a string be other than Unicode. */
const SURROGATE = /\\u[dD][89a-fA-F]/;

const wrong = (message: string): Error => malformedRequest([{ field: 'body', message }]);

/** Refuses what no part of the service can keep: deep nesting, the name `__proto__`, text that is not Unicode. */
function check(root: unknown, unicode: boolean): void {
  const waiting: [value: unknown, depth: number][] = [[root, 1]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [value, depth] = next;
    if (typeof value === 'string' && unicode && !value.isWellFormed()) throw wrong('holds text that is not Unicode');
    if (typeof value !== 'object' || value === null) continue;
    if (depth > JSON_DEPTH_MAX) throw wrong(`is nested deeper than ${JSON_DEPTH_MAX} levels`);
    if (Object.hasOwn(value, '__proto__'))
      throw malformedRequest([{ field: '__proto__', message: 'is not known here' }]);
    if (unicode && !Object.keys(value).every((key) => key.isWellFormed()))
      throw wrong('holds text that is not Unicode');
    for (const item of Object.values(value)) if (unicode || typeof item === 'object') waiting.push([item, depth + 1]);
  }
}

/** Reads a JSON body; an empty one is none. */
export function parseJson(body: Uint8Array): unknown {
  if (body.length === 0) return undefined;
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
  const options = { parseAs: 'buffer', bodyLimit: BODY_MAX } as const;
  host.removeAllContentTypeParsers();
  host.addContentTypeParser('application/json', options, json);
  host.addContentTypeParser('application/octet-stream', options, octets);
  host.addContentTypeParser('*', options, unsupported);
}
