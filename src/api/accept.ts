import { type HttpRequest, headerOf } from './http.js';

/**
 * Which of some media types a request prefers (RFC 9110, 12.5.1), the first if it names none of them: only types that it
 * names in full count, since every operation can answer its first.
 */
export function preferred<Type extends string>(request: HttpRequest, types: readonly [Type, ...Type[]]): Type {
  let best = types[0];
  let weight = 0;
  for (const range of (headerOf(request, 'accept') ?? '').split(',')) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const type = types.find((candidate) => candidate === name);
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    const q = quality === undefined ? 1 : Number(quality.slice(2));
    if (type !== undefined && q > weight) [best, weight] = [type, q];
  }
  return best;
}

export const JSON_TYPE = 'application/json';
export const OCTETS = 'application/octet-stream';
export const TEXT = 'text/plain';
