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

  /** Clears the bits of `mask` in every frame from `first` up to, not including, `end`. */
  clear(mask: number, first: number, end: number): void {
    for (const frame of [...this.having(mask, first, end)]) this.set(frame, mask, 0);
  }

  /** The frames from `first` up to, not including, `end` that have a bit of `mask`, ascending. */
  *having(mask: number, first: number, end: number): Generator<number> {
    const chunks = this.store.entries(Math.floor(first / FRAMES_PER_CHUNK), Math.floor((end - 1) / FRAMES_PER_CHUNK));
    for (const [index, chunk] of chunks) {
      for (let i = 0; i < FRAMES_PER_CHUNK; i++) {
        const frame = index * FRAMES_PER_CHUNK + i;
        if (frame < first || frame >= end) continue;
        if ((((chunk[2 * i] ?? 0) << 8) | (chunk[2 * i + 1] ?? 0)) & mask) yield frame;
      }
    }
  }

  fork(): FrameMarks {
    return new FrameMarks(this.store.fork());
  }
}
