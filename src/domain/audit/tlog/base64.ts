import { base64 } from '../../json.js';
import { bytes } from '../../shapes/scalars.js';

/** The bytes that a text is the base64 of, or undefined: a note has one text only for the same bytes (RFC 4648, section 3.5). */
export function fromBase64(text: string): Uint8Array | undefined {
  const { data } = bytes.safeParse(text);
  return data && base64(data) === text ? data : undefined;
}
