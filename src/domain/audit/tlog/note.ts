import { base64 } from '../../json.js';
import { fromBase64 } from './base64.js';
import { isKeyName } from './key.js';

/** One signature of a note. */
export interface NoteSignature {
  readonly name: string;
  /** Four bytes. */
  readonly id: Uint8Array;
  readonly signature: Uint8Array;
}

/** A text and who signed it (C2SP signed-note). */
export interface Note {
  /** Ends in a newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Characters of a note, and signatures in it, at most: sixteen must be accepted, and one can be nearly 5 kB long. */
export const MAX_NOTE = 1 << 20;
const MAX_SIGNATURES = 100;

const ID_SIZE = 4;

/** Control characters other than newline, and halves of characters, which UTF-8 cannot say. */
const FORBIDDEN = /[^\P{Cc}\n\u007f-\u009f]|\p{Cs}/u;

const LINE = /^\u2014 (\S+) (\S+)$/u;

/** A signature as a line of a note, with its newline (C2SP signed-note, "Signatures"). */
export const signatureLine = ({ name, id, signature }: NoteSignature): string =>
  `\u2014 ${name} ${base64(Uint8Array.of(...id, ...signature))}\n`;

/** A note in its own form. */
export const noteText = ({ text, signatures }: Note): string => `${text}\n${signatures.map(signatureLine).join('')}`;

function parseSignature(line: string): NoteSignature | undefined {
  const [, name = '', encoded = ''] = LINE.exec(line) ?? [];
  const bytes = fromBase64(encoded) ?? new Uint8Array();
  if (!isKeyName(name) || bytes.length <= ID_SIZE) return undefined;
  return { name, id: bytes.slice(0, ID_SIZE), signature: bytes.slice(ID_SIZE) };
}

/** The signatures of lines, each ended by a newline; undefined if one of them is none, or there are none or too many. */
export function parseSignatures(lines: string): NoteSignature[] | undefined {
  if (!lines.endsWith('\n') || lines.length > MAX_NOTE) return undefined;
  const signatures = lines.slice(0, -1).split('\n').map(parseSignature);
  if (signatures.length > MAX_SIGNATURES || signatures.includes(undefined)) return undefined;
  return signatures as NoteSignature[];
}

/** Reads a note; undefined if it is none (C2SP signed-note, "Format"). No signature is checked. */
export function parseNote(note: string): Note | undefined {
  if (note.length > MAX_NOTE || FORBIDDEN.test(note)) return undefined;
  // The last empty line divides: the text may have others.
  const end = note.lastIndexOf('\n\n');
  const signatures = end < 0 ? undefined : parseSignatures(note.slice(end + 2));
  return signatures && { text: note.slice(0, end + 1), signatures };
}
