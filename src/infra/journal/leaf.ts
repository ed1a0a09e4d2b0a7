import { hash } from 'node:crypto';
import type { Draft, Hole } from './journal.js';

/** The longest record: its length is two bytes in a log's entry bundle (C2SP tlog-tiles, "Log entries"). */
export const MAX_RECORD_BYTES = 65_535;

/** A record as it is hashed: 0x00, then its canonical bytes (RFC 6962 section 2.1). */
export const leafOf = ({ head, tail, holes = [] }: RecordText, position: number): Buffer =>
  Buffer.from(`\0${filled(head, holes, position)}${position}${tail}`);

/** The text of a record, but for the positions in it. */
export type RecordText = Pick<Draft, 'head' | 'tail' | 'holes'>;

function filled(head: string, holes: readonly Hole[], position: number): string {
  const pieces = holes.map(({ at, step }, i) => `${head.slice(holes[i - 1]?.at ?? 0, at)}${position + step}`);
  return `${pieces.join('')}${head.slice(holes.at(-1)?.at ?? 0)}`;
}

/** The record's bytes within its leaf. */
export const recordOf = (leaf: Buffer): Buffer => leaf.subarray(1);

/** SHA-256 of a leaf: 32 bytes. */
export const leafHash = (leaf: Buffer): Buffer => hash('sha256', leaf, 'buffer');

const whole = (value: number): boolean => Number.isSafeInteger(value);

/** What is wrong with a draft by itself, or undefined. A journal answers it with `broken` and writes nothing. */
export function flawOf({ version, data, index: { ret, time, frames } }: Draft): string | undefined {
  if (!whole(version) || version < 1) return `${version} is not a version`;
  if (!whole(ret) || !whole(time)) return 'ret and time are whole numbers';
  if (frames && !(whole(frames.first) && whole(frames.last))) return 'frames are whole numbers';
  if (new Set(data.map(({ role }) => role)).size !== data.length) return 'two bulk data have the same role';
  return undefined;
}

/** What is wrong with drafts that are appended together, or undefined. */
export function flawOfAll(drafts: readonly Draft[]): string | undefined {
  if (new Set(drafts.map(({ vm }) => vm)).size !== drafts.length) return 'two records of one stream at once';
  return drafts.map(flawOf).find((flaw) => flaw !== undefined);
}
