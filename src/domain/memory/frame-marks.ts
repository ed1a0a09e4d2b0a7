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
    for (const [index, chunk] of this.chunks(first, end)) {
      let writable: Uint8Array | undefined;
      for (const i of indexesIn(index, first, end)) {
        const marks = marksAt(chunk, i);
        if ((marks & mask) === 0) continue;
        writable ??= this.store.edit(index);
        const changed = change(marks);
        writable[2 * i] = changed >>> 8;
        writable[2 * i + 1] = changed & 0xff;
      }
    }
  }

  /** Clears the bits of `mask` in every frame from `first` up to, not including, `end`. */
  clear(mask: number, first: number, end: number): void {
    this.update(mask, first, end, (marks) => marks & ~mask);
  }

  /** How many frames from `first` up to, not including, `end` have a bit of `mask`. */
  count(mask: number, first: number, end: number): number {
    let count = 0;
    for (const [index, chunk] of this.chunks(first, end))
      for (const i of indexesIn(index, first, end)) if ((marksAt(chunk, i) & mask) !== 0) count++;
    return count;
  }

  /** The frames from `first` up to, not including, `end` that have a bit of `mask`, ascending. */
  *having(mask: number, first: number, end: number): Generator<number> {
    for (const [index, chunk] of this.chunks(first, end))
      for (const i of indexesIn(index, first, end))
        if ((marksAt(chunk, i) & mask) !== 0) yield index * FRAMES_PER_CHUNK + i;
  }

  /** The frames from `first` up to, not including, `end` that have no bit of `mask`, ascending. */
  *lacking(mask: number, first: number, end: number): Generator<number> {
    let next = first;
    for (const [index, chunk] of this.chunks(first, end)) {
      const start = index * FRAMES_PER_CHUNK;
      while (next < start) yield next++;
      for (const i of indexesIn(index, next, end)) if ((marksAt(chunk, i) & mask) === 0) yield start + i;
      next = Math.min(start + FRAMES_PER_CHUNK, end);
    }
    while (next < end) yield next++;
  }

  fork(): FrameMarks {
    return new FrameMarks(this.store.fork());
  }

  private chunks(first: number, end: number): Generator<[index: number, chunk: Uint8Array]> {
    return this.store.entries(Math.floor(first / FRAMES_PER_CHUNK), Math.floor((end - 1) / FRAMES_PER_CHUNK));
  }
}

const marksAt = (chunk: Uint8Array, i: number): number => ((chunk[2 * i] ?? 0) << 8) | (chunk[2 * i + 1] ?? 0);

const ALL = Array.from({ length: FRAMES_PER_CHUNK }, (_, i) => i);

/** Which frames of a chunk lie in a range. */
function indexesIn(index: number, first: number, end: number): readonly number[] {
  const start = index * FRAMES_PER_CHUNK;
  if (first <= start && end >= start + FRAMES_PER_CHUNK) return ALL;
  return ALL.slice(Math.max(0, first - start), Math.max(0, Math.min(FRAMES_PER_CHUNK, end - start)));
}
