import { frameOf } from '../../memory/address.js';
import { MARK } from '../../memory/frame-marks.js';
import { type Memslot, endOf, logsDirty } from '../../memory/memslot.js';
import { type CommonFolds, clearMarks, slotOf } from './fold.js';
import type { Vm } from '../state.js';

const EVERYTHING = MARK.key | MARK.usage | MARK.nodat | MARK.cmmaDirty | MARK.dirty | MARK.mapping;

/** Slots with `slot` changed by `change`, or without it where that answers nothing. */
function changeSlot<V extends Vm>(vm: V, number: number, change: (slot: Memslot) => Memslot | undefined): V {
  const slots = vm.memory.slots.flatMap((slot) => (slot.slot === number ? (change(slot) ?? []) : [slot]));
  return { ...vm, memory: vm.memory.withSlots(slots) };
}

/** Facts about memory slots and their dirty logs. */
export const memslotFolds: CommonFolds<
  | 'memslot_created'
  | 'memslot_moved'
  | 'memslot_flags_changed'
  | 'memslot_deleted'
  | 'dirty_log_taken'
  | 'dirty_log_cleared'
> = {
  memslot_created: (vm, { slot, guestPhysAddr, size, userspaceAddr, flags }) => {
    const created = {
      slot,
      firstFrame: frameOf(guestPhysAddr),
      frames: frameOf(size),
      firstPage: frameOf(userspaceAddr),
      flags,
    };
    return { ...vm, memory: vm.memory.withSlots([...vm.memory.slots, created]) };
  },
  memslot_moved: (vm, { slot, guestPhysAddr }) =>
    changeSlot(vm, slot, ({ cmmaDirty: _, ...before }) => {
      const moved = { ...before, firstFrame: frameOf(guestPhysAddr) };
      const dirty = [...vm.memory.marks.having(MARK.dirty, before.firstFrame, endOf(before))];
      clearMarks(vm, before, EVERYTHING);
      for (const frame of dirty)
        vm.memory.marks.set(moved.firstFrame + frame - before.firstFrame, MARK.dirty, MARK.dirty);
      return moved;
    }),
  memslot_flags_changed: (vm, { slot, flags }) =>
    changeSlot(vm, slot, (before) => {
      const after = { ...before, flags };
      if (!logsDirty(after)) clearMarks(vm, before, MARK.dirty);
      return after;
    }),
  memslot_deleted: (vm, { slot }) =>
    changeSlot(vm, slot, (before) => {
      clearMarks(vm, before, EVERYTHING);
      return undefined;
    }),
  dirty_log_taken: (vm, { slot: number }) => {
    const slot = slotOf(vm, number);
    if (slot) clearMarks(vm, slot, MARK.dirty);
    return vm;
  },
  dirty_log_cleared: (vm, { slot: number, firstPage, data }) => {
    const slot = slotOf(vm, number);
    if (slot === undefined) return vm;
    const first = slot.firstFrame + Number(firstPage);
    const { marks } = vm.memory;
    for (const frame of [...marks.having(MARK.dirty, first, Math.min(first + 8 * data.length, endOf(slot)))])
      if (((data[(frame - first) >>> 3] ?? 0) & (1 << ((frame - first) & 7))) !== 0) marks.set(frame, MARK.dirty, 0);
    return vm;
  },
};
