import { PAGE_SIZE, type Fragment, type Part, fragments } from './address.js';
import { ChunkStore } from './chunk-store.js';
import { erasedBy } from './erased.js';
import { FrameMarks } from './frame-marks.js';
import { type Memslot, endOf } from './memslot.js';

/** Where the content of a borrowed page is: a page of another VM's VMM. */
export interface RemotePage {
  readonly vm: string;
  readonly page: number;
}

/** Pages of the VMM's that are another VM's, by their number. */
export type RemotePages = ReadonlyMap<number, RemotePage>;

/** The pages of the VMs that lent some, by VM. */
export type Lenders = ReadonlyMap<string, ChunkStore>;

const NOTHING_BORROWED: RemotePages = new Map();
const NO_LENDERS: Lenders = new Map();

/** What a page that nobody wrote reads as. Never written to. */
const ZEROS = new Uint8Array(PAGE_SIZE);

/**
 * The memory of a VM: its slots, the VMM's pages behind them, and the marks of each guest frame.
 *
 * Contents belong to the VMM's pages, so that they survive the deletion of a slot and follow it when it moves; keys and
 * marks belong to guest frames (kvm/api.rst, KVM_SET_USER_MEMORY_REGION). Readers see what is there; `store` and the marks'
 * setters change it in place, which only the fold of events does. `fork` is how to keep a past.
 *
 * A page can be borrowed from another VM (KVM_HC_MEM_MAP). That it is, is part of this memory; what is in it, is the lender's:
 * whoever reads or stores must have said `among` which lenders.
 */
export class GuestMemory {
  private recent: Memslot | undefined;

  private constructor(
    /** Ascending by guest frame; no two overlap. */
    readonly slots: readonly Memslot[],
    readonly pages: ChunkStore,
    readonly marks: FrameMarks,
    readonly remote: RemotePages = NOTHING_BORROWED,
    private readonly lenders: Lenders = NO_LENDERS,
  ) {}

  static empty(): GuestMemory {
    return new GuestMemory([], new ChunkStore(PAGE_SIZE), new FrameMarks());
  }

  /** Memory from parts that were kept apart. */
  static of(
    slots: readonly Memslot[],
    pages: ChunkStore,
    marks: FrameMarks,
    remote: RemotePages = NOTHING_BORROWED,
  ): GuestMemory {
    return new GuestMemory(slots, pages, marks, remote);
  }

  /** The same pages and marks behind other slots; `slots` in any order. */
  withSlots(slots: readonly Memslot[]): GuestMemory {
    return new GuestMemory(
      [...slots].sort((a, b) => a.firstFrame - b.firstFrame),
      this.pages,
      this.marks,
      this.remote,
      this.lenders,
    );
  }

  /** The same memory, whose borrowed pages are read and stored in the pages of `lenders`. */
  among(lenders: Lenders): GuestMemory {
    return new GuestMemory(this.slots, this.pages, this.marks, this.remote, lenders);
  }

  /** The VMs that pages are borrowed from. */
  get borrowedFrom(): ReadonlySet<string> {
    return new Set([...this.remote.values()].map(({ vm }) => vm));
  }

  /** The memory with a page of the VMM's replaced by another VM's; its own content is lost. */
  withBorrowed(page: number, from: RemotePage): GuestMemory {
    this.pages.clear(page);
    return this.withRemote(new Map(this.remote).set(page, from));
  }

  /** The memory with new, empty pages of its own in the place of the borrowed ones of which `ends` holds. */
  withoutBorrowed(ends: (page: number, from: RemotePage) => boolean): GuestMemory {
    return this.withRemote(new Map([...this.remote].filter(([page, from]) => !ends(page, from))));
  }

  /** A copy that shares everything and sees none of the later writes, nor shows its own. */
  fork(): GuestMemory {
    const lenders = new Map([...this.lenders].map(([vm, pages]) => [vm, pages.fork()]));
    return new GuestMemory(this.slots, this.pages.fork(), this.marks.fork(), this.remote, lenders);
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
    if (slot === undefined) return undefined;
    const page = slot.firstPage + frame - slot.firstFrame;
    if (this.remote.size === 0) return this.pages.get(page) ?? ZEROS;
    return this.contentOf(page).get(this.remote.get(page)?.page ?? page) ?? ZEROS;
  }

  /** The VMM's page behind a guest frame that a slot backs. */
  pageOf(frame: number): number | undefined {
    const slot = this.slotAt(frame);
    return slot && slot.firstPage + frame - slot.firstFrame;
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

  /**
   * Stores `bytes`, in order, in `parts`; each must be backed by a slot. Marks are the caller's business. Bytes that are erased
   * make the pages so that they go to.
   */
  store(parts: readonly Part[], bytes: Uint8Array): void {
    const by = erasedBy(bytes);
    let at = 0;
    for (const part of parts) {
      for (const { frame, offset, size } of fragments(part.absolute, part.size)) {
        const page = this.pageOf(frame);
        if (page === undefined) throw new Error(`no memory slot backs frame ${frame}`);
        const content = this.contentOf(page);
        const index = this.remote.get(page)?.page ?? page;
        if (by === undefined) content.write(index, offset, bytes.subarray(at, at + size));
        else content.erase(index, by);
        at += size;
      }
    }
  }

  /** Stores what pages of the VMM's have, one after the other. */
  keep(pages: readonly number[], bytes: Uint8Array): void {
    const by = erasedBy(bytes);
    pages.forEach((page, i) => {
      if (by === undefined) this.pages.write(page, 0, bytes.subarray(i * PAGE_SIZE, (i + 1) * PAGE_SIZE));
      else this.pages.erase(page, by);
    });
  }

  private withRemote(remote: RemotePages): GuestMemory {
    return new GuestMemory(this.slots, this.pages, this.marks, remote, this.lenders);
  }

  /** The store that has the content of a page. */
  private contentOf(page: number): ChunkStore {
    const from = this.remote.get(page);
    if (from === undefined) return this.pages;
    const pages = this.lenders.get(from.vm);
    if (pages === undefined) throw new Error(`page ${page} is borrowed from ${from.vm}, which is not at hand`);
    return pages;
  }
}
