/**
 * Where in the file of a database content is (sqlite.org/fileformat2.html, sections 1.5 and 1.6): the cells of b-trees, what
 * leads to them, and their overflow pages. All else is free space, or what counts free space.
 */

const PAGE = 4096;

/** Bytes from one offset of the file to another. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const INTERIOR_INDEX = 2;
const INTERIOR_TABLE = 5;
const LEAF_TABLE = 13;

/** A variable-length integer, and where it ends. */
function varint(file: Buffer, at: number): [value: number, end: number] {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const byte = file.readUInt8(at + i);
    value = value * 128 + (byte & 127);
    if (byte < 128) return [value, at + i + 1];
  }
  return [value * 256 + file.readUInt8(at + 8), at + 9];
}

/** Bytes of a payload that are in its cell. */
function localSize(payload: number, isTable: boolean): number {
  const most = isTable ? PAGE - 35 : Math.floor(((PAGE - 12) * 64) / 255) - 23;
  const least = Math.floor(((PAGE - 12) * 32) / 255) - 23;
  if (payload <= most) return payload;
  const kept = least + ((payload - least) % (PAGE - 4));
  return kept <= most ? kept : least;
}

/** The spans of the b-tree that begins at a page, counted from 1. */
export function* liveSpans(file: Buffer, root: number): Generator<Span> {
  const page = (root - 1) * PAGE;
  const header = root === 1 ? 100 : page;
  const kind = file.readUInt8(header);
  const isInterior = kind === INTERIOR_INDEX || kind === INTERIOR_TABLE;
  const pointers = header + (isInterior ? 12 : 8);
  const cells = file.readUInt16BE(header + 3);
  yield { from: header, to: header + 1 };
  yield { from: header + 3, to: header + 5 };
  yield { from: header + 8, to: pointers + 2 * cells };
  if (isInterior) yield* liveSpans(file, file.readUInt32BE(header + 8));
  for (let i = 0; i < cells; i++)
    yield* cellSpans(file, page + file.readUInt16BE(pointers + 2 * i), kind, kind === LEAF_TABLE && root > 1);
}

function* cellSpans(file: Buffer, from: number, kind: number, hasRowidColumn: boolean): Generator<Span> {
  const isInterior = kind === INTERIOR_INDEX || kind === INTERIOR_TABLE;
  let at = from;
  if (isInterior) {
    yield* liveSpans(file, file.readUInt32BE(at));
    at += 4;
  }
  if (kind === INTERIOR_TABLE) {
    yield { from, to: varint(file, at)[1] };
    return;
  }
  const [payload, behind] = varint(file, at);
  const start = kind === LEAF_TABLE ? varint(file, behind)[1] : behind;
  const local = localSize(payload, kind === LEAF_TABLE);
  const end = start + local + (payload > local ? 4 : 0);
  // The first column is the rowid, if there is one: what its header says of it, no one reads (section 2.3, "rowid").
  yield { from, to: start + 1 };
  yield { from: start + (hasRowidColumn ? 2 : 1), to: end };
  let left = payload - local;
  for (let next = left > 0 ? file.readUInt32BE(start + local) : 0; next > 0;) {
    const overflow = (next - 1) * PAGE;
    yield { from: overflow, to: overflow + 4 + Math.min(left, PAGE - 4) };
    left -= PAGE - 4;
    next = file.readUInt32BE(overflow);
  }
}
