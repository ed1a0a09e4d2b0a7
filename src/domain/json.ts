import type { Json } from './digester.js';

/** A 64-bit quantity as it is written at the edge: `"0x…"`, lower case, no leading zeros. */
export const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

const ALPHABET = new TextEncoder().encode('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const PADDING = '='.charCodeAt(0);
const ascii = new TextDecoder('latin1');

/** Bytes as they are written at the edge: base64, RFC 4648 section 4. */
export function base64(bytes: Uint8Array): string {
  const text = new Uint8Array(4 * Math.ceil(bytes.length / 3)).fill(PADDING);
  for (let i = 0, at = 0; i < bytes.length; i += 3, at += 4) {
    const bits = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const digits = Math.min(bytes.length - i, 3) + 1;
    for (let digit = 0; digit < digits; digit++) text[at + digit] = ALPHABET[(bits >>> (18 - 6 * digit)) & 63] ?? 0;
  }
  return ascii.decode(text);
}

/**
 * A domain value in its JSON form: bigint becomes hex, bytes become base64, a Map becomes an object, the rest stays.
 *
 * @param encode writes bytes as base64
 */
export function toJson(value: unknown, encode: (bytes: Uint8Array) => string = base64): Json {
  if (typeof value === 'bigint') return hex(value);
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  if (value instanceof Uint8Array) return encode(value);
  if (Array.isArray(value)) return value.map((item) => toJson(item, encode));
  const entries = value instanceof Map ? [...value] : Object.entries(value as object);
  const json: Record<string, Json> = {};
  for (const [key, item] of entries as [string | number, unknown][])
    if (item !== undefined) json[String(key)] = toJson(item, encode);
  return json;
}
