import { ChunkStore } from './chunk-store.js';

/** Frames whose marks share a chunk: one segment (1 MiB), the granularity of the host's page tables. */
const FRAMES_PER_CHUNK = 256;

/** The bits of a frame's marks; the low byte is the storage key as ISKE shows it (PoP, storage key). */
export const MARK = {
  key: 0x00ff,
  /** CMMA usage state: 0 stable, 1 unused, 2 potentially volatile, 3 volatile. */
  usage: 0x0300,
  nodat: 0x0400,
  /** CMMA state changed since it was last collected; the other way round in a slot with `cmmaDirty`. */
  cmmaDirty: 0x0800,
  /** Written since the dirty log was last read (only in slots that log). */
  dirty: 0x1000,
  /** Reference and change bits say the contrary of whether the frame is mapped (frame-key.ts). */
  mapping: 0x2000,
} as const;

/**
 * What the host keeps beside each guest frame: storage key, CMMA state and dirty bits, 16 bits a frame, zero until touched.
 */
export class FrameMarks {
  constructor(readonly store = new ChunkStore(2 * FRAMES_PER_CHUNK)) {}

  get(frame: number): number {
    const chunk = this.store.get(Math.floor(frame / FRAMES_PER_CHUNK));
    if (chunk === undefined) return 0;
    const at = 2 * (frame % FRAMES_PER_CHUNK);
    return ((chunk[at] ?? 0) << 8) | (chunk[at + 1] ?? 0);
  }

  /** Clears the bits of `mask` and sets those of `bits` that lie in it. */
  set(frame: number, mask: number, bits: number): void {
    const before = this.get(frame);
    const after = (before & ~mask) | (bits & mask);
    if (after === before) return;
    const chunk = this.store.edit(Math.floor(frame / FRAMES_PER_CHUNK));
    const at = 2 * (frame % FRAMES_PER_CHUNK);
    chunk[at] = after >>> 8;
    chunk[at + 1] = after & 0xff;
  }

  /**
   * Changes the marks of every frame from `first` up to, not including, `end` that has a bit of `mask`. Chunk by chunk, since
   * every frame of a large slot may have one.
   */
  update(mask: number, first: number, end: number, change: (marks: number) => number): void {
    this.change(first, end, (marks) => ((marks & mask) === 0 ? marks : change(marks)));
  }

  /** Clears the bits of `mask`, then sets those of `bits`, in every frame from `first` up to, not including, `end`. */
  assign(mask: number, first: number, end: number, bits: number): void {
    this.change(first, end, (marks) => (marks & ~mask) | bits);
  }

  /** Clears the bits of `mask` in every frame from `first` up to, not including, `end`. */
  clear(mask: number, first: number, end: number): void {
    this.assign(mask, first, end, 0);
  }

  /** How many frames from `first` up to, not including, `end` have a bit of `mask`. */
  count(mask: number, first: number, end: number): number {
    const { head, tail, from, to } = wholeChunks(first, end);
    let count = 0;
    for (const frame of [...head, ...tail]) if ((this.get(frame) & mask) !== 0) count++;
    return count + (from <= to ? this.store.sum(from, to, (chunk) => countIn(chunk, mask)) : 0);
  }

  /** The frames from `first` up to, not including, `end` that have a bit of `mask`, ascending. */
  *having(mask: number, first: number, end: number): Generator<number> {
    const isDull = (chunk: Uint8Array | undefined): boolean => chunk === undefined || countIn(chunk, mask) === 0;
    yield* this.frames(first, end, isDull, (marks) => (marks & mask) !== 0);
  }

  /** The frames from `first` up to, not including, `end` that have no bit of `mask`, ascending. */
  *lacking(mask: number, first: number, end: number): Generator<number> {
    const isDull = (chunk: Uint8Array | undefined): boolean =>
      chunk !== undefined && countIn(chunk, mask) === FRAMES_PER_CHUNK;
    yield* this.frames(first, end, isDull, (marks) => (marks & mask) === 0);
  }

  fork(): FrameMarks {
    return new FrameMarks(this.store.fork());
  }

  private *frames(
    first: number,
    end: number,
    isDull: (chunk: Uint8Array | undefined) => boolean,
    wanted: (marks: number) => boolean,
  ): Generator<number> {
    if (first >= end) return;
    for (const { first: index, count, chunk } of this.store.runs(chunkOf(first), chunkOf(end - 1), isDull)) {
      const from = Math.max(first, index * FRAMES_PER_CHUNK);
      const to = Math.min(end, (index + count) * FRAMES_PER_CHUNK);
      for (let frame = from; frame < to; frame++)
        if (chunk === undefined || wanted(marksAt(chunk, frame % FRAMES_PER_CHUNK))) yield frame;
    }
  }

  /** Changes the marks of a range of frames, whole chunks at once; `change` depends on a frame's marks alone. */
  private change(first: number, end: number, change: (marks: number) => number): void {
    const { head, tail, from, to } = wholeChunks(first, end);
    for (const frame of [...head, ...tail]) this.set(frame, ALL_MARKS, change(this.get(frame)));
    if (from <= to) this.store.replace(from, to, (chunk) => changedChunk(chunk, change));
  }
}

/** Every bit of a frame's marks. */
const ALL_MARKS = 0xffff;

const chunkOf = (frame: number): number => Math.floor(frame / FRAMES_PER_CHUNK);

const marksAt = (chunk: Uint8Array, i: number): number => ((chunk[2 * i] ?? 0) << 8) | (chunk[2 * i + 1] ?? 0);

function countIn(chunk: Uint8Array, mask: number): number {
  let count = 0;
  for (let i = 0; i < FRAMES_PER_CHUNK; i++) if ((marksAt(chunk, i) & mask) !== 0) count++;
  return count;
}

const ZEROS = new Uint8Array(2 * FRAMES_PER_CHUNK);

/** A chunk with every frame's marks changed; the same one if they stay. */
function changedChunk(chunk: Uint8Array | undefined, change: (marks: number) => number): Uint8Array | undefined {
  const before = chunk ?? ZEROS;
  let after: Uint8Array | undefined;
  for (let i = 0; i < FRAMES_PER_CHUNK; i++) {
    const marks = marksAt(before, i);
    const changed = change(marks);
    if (changed === marks) continue;
    after ??= Uint8Array.from(before);
    after[2 * i] = changed >>> 8;
    after[2 * i + 1] = changed & 0xff;
  }
  return after ?? chunk;
}

/** A range of frames as the frames of the chunks that it cuts, and the whole chunks from `from` to `to` between them. */
function wholeChunks(first: number, end: number) {
  const from = Math.ceil(first / FRAMES_PER_CHUNK);
  const to = Math.floor(end / FRAMES_PER_CHUNK) - 1;
  const range = (start: number, stop: number): number[] =>
    Array.from({ length: Math.max(0, stop - start) }, (_, i) => start + i);
  if (from > to) return { head: range(first, end), tail: [], from, to };
  return {
    head: range(first, from * FRAMES_PER_CHUNK),
    tail: range((to + 1) * FRAMES_PER_CHUNK, end),
    from,
    to,
  };
}
