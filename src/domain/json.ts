import type { Json } from './digester.js';

/** A 64-bit quantity as it is written at the edge: `"0x…"`, lower case, no leading zeros. */
export const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

/** Bytes as they are written at the edge: base64, RFC 4648 section 4. */
export function base64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 0x2000) text += String.fromCharCode(...bytes.subarray(i, i + 0x2000));
  return btoa(text);
}

/**
 * A domain value in its JSON form: bigint becomes hex, bytes become base64, a Map becomes an object, the rest stays.
 */
export function toJson(value: unknown): Json {
  if (typeof value === 'bigint') return hex(value);
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  if (value instanceof Uint8Array) return base64(value);
  if (Array.isArray(value)) return value.map(toJson);
  const entries = value instanceof Map ? [...value] : Object.entries(value as object);
  const json: Record<string, Json> = {};
  for (const [key, item] of entries as [string | number, unknown][])
    if (item !== undefined) json[String(key)] = toJson(item);
  return json;
}
