import { PAGE_SIZE, type Fragment, type Part, fragments } from './address.js';
import { ChunkStore } from './chunk-store.js';
import { FrameMarks } from './frame-marks.js';
import { type Memslot, endOf } from './memslot.js';

/** What a page that nobody wrote reads as. Never written to. */
const ZEROS = new Uint8Array(PAGE_SIZE);

/**
 * The memory of a VM: its slots, the VMM's pages behind them, and the marks of each guest frame.
 *
 * Contents belong to the VMM's pages, so that they survive the deletion of a slot and follow it when it moves; keys and
 * marks belong to guest frames (kvm/api.rst, KVM_SET_USER_MEMORY_REGION). Readers see what is there; `store` and the marks'
 * setters change it in place, which only the fold of events does. `fork` is how to keep a past.
 */
export class GuestMemory {
  private recent: Memslot | undefined;

  private constructor(
    /** Ascending by guest frame; no two overlap. */
    readonly slots: readonly Memslot[],
    readonly pages: ChunkStore,
    readonly marks: FrameMarks,
  ) {}

  static empty(): GuestMemory {
    return new GuestMemory([], new ChunkStore(PAGE_SIZE), new FrameMarks());
  }

  /** Memory from parts that were kept apart. */
  static of(slots: readonly Memslot[], pages: ChunkStore, marks: FrameMarks): GuestMemory {
    return new GuestMemory(slots, pages, marks);
  }

  /** The same pages and marks behind other slots; `slots` in any order. */
  withSlots(slots: readonly Memslot[]): GuestMemory {
    return new GuestMemory(
      [...slots].sort((a, b) => a.firstFrame - b.firstFrame),
      this.pages,
      this.marks,
    );
  }

  /** A copy that shares everything and sees none of the later writes, nor shows its own. */
  fork(): GuestMemory {
    return new GuestMemory(this.slots, this.pages.fork(), this.marks.fork());
  }

  /** The slot that backs a guest frame, if any. */
  slotAt(frame: number): Memslot | undefined {
    const recent = this.recent;
    if (recent !== undefined && frame >= recent.firstFrame && frame < endOf(recent)) return recent;
    let low = 0;
    for (let high = this.slots.length - 1; low <= high;) {
      const middle = (low + high) >>> 1;
      const slot = this.slots[middle];
      if (slot === undefined || frame < slot.firstFrame) high = middle - 1;
      else if (frame >= endOf(slot)) low = middle + 1;
      else return (this.recent = slot);
    }
    return undefined;
  }

  /** The 4096 bytes of a guest frame, to be read only; undefined if no slot backs it. */
  page(frame: number): Uint8Array | undefined {
    const slot = this.slotAt(frame);
    return slot && (this.pages.get(slot.firstPage + frame - slot.firstFrame) ?? ZEROS);
  }

  /** Whether a slot backs every byte of the range. */
  backs(address: bigint, size: number): boolean {
    return fragments(address, size).every(({ frame }) => this.slotAt(frame) !== undefined);
  }

  /** The bytes of fragments one after the other; each must be backed by a slot. */
  read(pieces: readonly Fragment[]): Uint8Array {
    const bytes = new Uint8Array(pieces.reduce((total, { size }) => total + size, 0));
    let at = 0;
    for (const { frame, offset, size } of pieces) {
      bytes.set((this.page(frame) ?? ZEROS).subarray(offset, offset + size), at);
      at += size;
    }
    return bytes;
  }

  /** Stores `bytes`, in order, in `parts`; each must be backed by a slot. Marks are the caller's business. */
  store(parts: readonly Part[], bytes: Uint8Array): void {
    let at = 0;
    for (const part of parts) {
      for (const { frame, offset, size } of fragments(part.absolute, part.size)) {
        const slot = this.slotAt(frame);
        if (slot === undefined) throw new Error(`no memory slot backs frame ${frame}`);
        this.pages.edit(slot.firstPage + frame - slot.firstFrame).set(bytes.subarray(at, at + size), offset);
        at += size;
      }
    }
  }
}
