import { consult } from '../vm/law/consult.js';
import type { Decider } from '../vm/decider.js';
import { done, refused } from '../vm/decision.js';
import { MARK } from './frame-marks.js';
import type { GuestMemory } from './guest-memory.js';
import { type Memslot, endOf } from './memslot.js';
import type { Vm } from '../vm/state.js';

/** Most bytes of a bitmap that is answered: a slot of 512 GiB. */
export const BITMAP_MAX = 16 * 1024 * 1024;

/** Bytes of a bitmap for as many pages: whole 64-bit words. */
const bitmapSize = (pages: number): number => Math.ceil(pages / 64) * 8;

/** What KVM_GET_DIRTY_LOG answers: which slot was asked, and its dirty guest frames in ascending order. */
export interface DirtyLog {
  readonly firstFrame: bigint;
  readonly pages: number;
  readonly frames: readonly bigint[];
}

/**
 * The log as KVM writes it: one bit a page of the slot, in little-endian order, in whole 64-bit words. Undefined if it would
 * be longer than `BITMAP_MAX`.
 */
export function bitmapOf({ firstFrame, pages, frames }: DirtyLog): Uint8Array | undefined {
  if (pages > 8 * BITMAP_MAX) return undefined;
  const bitmap = new Uint8Array(bitmapSize(pages));
  for (const frame of frames) {
    const page = Number(frame - firstFrame);
    bitmap[page >>> 3] = (bitmap[page >>> 3] ?? 0) | (1 << (page & 7));
  }
  return bitmap;
}

function logOf({ marks }: GuestMemory, slot: Memslot): DirtyLog {
  const frames = [...marks.having(MARK.dirty, slot.firstFrame, endOf(slot))].map(BigInt);
  return { firstFrame: BigInt(slot.firstFrame), pages: slot.frames, frames };
}

/**
 * KVM_GET_DIRTY_LOG (api.rst 4.8; kvm_vm_ioctl_get_dirty_log): answers the log and clears it.
 *
 * Reply: `DirtyLog`, from which `bitmapOf` makes the bitmap; the record has the frames alone. EINVAL for UCONTROL VMs and slot
 * numbers out of range, ENOENT for a slot that does not exist or does not log.
 */
export const getDirtyLog: Decider<'get_dirty_log', Vm> = (vm, { type, slot: number }) => {
  const verdict = consult(vm, { type, slot: number });
  if (verdict.refused) return refused(verdict.refused);
  const slot = vm.memory.slots.find((candidate) => candidate.slot === number);
  return slot ? done(verdict.facts, { ...logOf(vm.memory, slot) }) : refused('ENOENT');
};

/**
 * KVM_CLEAR_DIRTY_LOG (api.rst 4.117; kvm_clear_dirty_log_protect): clears the pages whose bits are set. ENOTTY on s390x, which
 * has no manual dirty log protection (KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2 is 0); without a whole bitmap EFAULT.
 */
export const clearDirtyLog: Decider<'clear_dirty_log', Vm> = (vm, { type, slot, firstPage, numPages, bitmap }) => {
  const size = bitmapSize(numPages);
  const readable = size === 0 || (bitmap !== undefined && bitmap.length >= size);
  const verdict = consult(vm, { type, slot, firstPage, numPages, readable });
  if (verdict.refused) return refused(verdict.refused);
  const data = bitmap?.subarray(0, size) ?? new Uint8Array();
  return done(size === 0 ? [] : [{ type: 'dirty_log_cleared', slot, firstPage, data }]);
};
