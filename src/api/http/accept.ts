import { type HttpRequest, headerOf } from './http.js';
import { RequestProblem } from './problem.js';

interface MediaRange {
  readonly name: string;
  readonly q: number;
}

/** The media ranges of a request's Accept, in its order; one whose weight is none counts as refused. */
function rangesOf(request: HttpRequest): MediaRange[] {
  const ranges = (headerOf(request, 'accept') ?? '').split(',').map((range) => {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    const q = quality === undefined ? 1 : Number(quality.slice(2));
    return { name, q: q > 0 ? q : 0 };
  });
  return ranges.filter(({ name }) => name !== '');
}

/**
 * Which of some media types a request prefers (RFC 9110, 12.5.1), the first if it names none of them: only types that it
 * names in full count, since every operation can answer its first.
 */
export function preferred<Type extends string>(request: HttpRequest, types: readonly [Type, ...Type[]]): Type {
  let best = types[0];
  let weight = 0;
  for (const { name, q } of rangesOf(request)) {
    const type = types.find((candidate) => candidate === name);
    if (type !== undefined && q > weight) [best, weight] = [type, q];
  }
  return best;
}

/** How much a request wants a media type: by the most exact of its ranges that holds it. */
function weightOf(type: string, ranges: readonly MediaRange[]): number {
  const names = [type, `${type.split('/', 1)[0] ?? ''}/*`, '*/*'];
  const exact = names.find((name) => ranges.some((range) => range.name === name));
  return ranges.find(({ name }) => name === exact)?.q ?? 0;
}

/**
 * Which of some media types a request accepts most, wildcards included (RFC 9110, 12.5.1); of several alike the first, as also
 * where the request says nothing.
 *
 * @throws RequestProblem if it accepts none of them
 */
export function accepted<Type extends string>(request: HttpRequest, types: readonly [Type, ...Type[]]): Type {
  const ranges = rangesOf(request);
  if (ranges.length === 0) return types[0];
  const weights = types.map((type) => weightOf(type, ranges));
  const most = Math.max(...weights);
  const best = types[weights.indexOf(most)];
  if (most > 0 && best !== undefined) return best;
  throw new RequestProblem('not_acceptable', `this can be had as ${types.join(', ')}`);
}

export const JSON_TYPE = 'application/json';
export const OCTETS = 'application/octet-stream';
export const TEXT = 'text/plain';
export const HTML = 'text/html';
export const CSV = 'text/csv';
export const JSON_LINES = 'application/jsonl';
export const OPENMETRICS_TYPE = 'application/openmetrics-text';
