/** Deepest nesting of a JSON body. */
export const JSON_DEPTH_MAX = 32;

/** Most elements and members of a JSON body, all levels together: what a full batch needs, several times over. */
export const JSON_VALUES_MAX = 1 << 18;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
/** Square brackets become braces of the same side by this bit. */
const FOLD = 0x20;
const OPENING = 0x7b;
const CLOSING = 0x7d;

/** Where a string that begins at `start` has its closing quote; the end of the text if it has none. */
function stringEnd(text: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== QUOTE) at += text[at] === BACKSLASH ? 2 : 1;
  return at;
}

/**
 * What a JSON text has too much of to be read at all; undefined if it is within bounds. Looked for in the text itself, in
 * one pass, since reading and walking it would take long. What is not JSON is the reader's business.
 *
 * @param text in UTF-8, where no byte of a longer character looks like a bracket or a quote
 */
export function excessOf(text: Uint8Array): string | undefined {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at] ?? 0;
    if (byte === QUOTE) at = stringEnd(text, at);
    else if (byte === COMMA) values++;
    else if ((byte | FOLD) === OPENING) {
      values++;
      if (++depth > JSON_DEPTH_MAX) return `is nested deeper than ${JSON_DEPTH_MAX} levels`;
    } else if ((byte | FOLD) === CLOSING) depth--;
    if (values > JSON_VALUES_MAX) return `holds more than ${JSON_VALUES_MAX} values`;
  }
  return undefined;
}
