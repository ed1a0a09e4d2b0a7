/** Flags of a memory slot (linux/kvm.h, KVM_MEM_*). */
export const MEMSLOT_FLAGS = { log_dirty_pages: 1, readonly: 2 } as const;

export type MemslotFlag = keyof typeof MEMSLOT_FLAGS;

/** A memory slot that exists: guest frames `[firstFrame, firstFrame + frames)` are host pages from `firstPage` on. */
export interface Memslot {
  readonly slot: number;
  /** First guest frame number. */
  readonly firstFrame: number;
  /** Number of 4 KiB frames. */
  readonly frames: number;
  /** First page number of the VMM's own address space (userspace_addr / 4096). */
  readonly firstPage: number;
  readonly flags: readonly MemslotFlag[];
  /** Set while migration mode is on, if it was when it began: a frame whose CMMA-dirty mark is 0 is dirty, one with 1 clean. */
  readonly cmmaDirty?: true;
}

/** The frame after the slot's last one. */
export const endOf = (slot: Pick<Memslot, 'firstFrame' | 'frames'>): number => slot.firstFrame + slot.frames;

export const logsDirty = (slot: Memslot): boolean => slot.flags.includes('log_dirty_pages');
