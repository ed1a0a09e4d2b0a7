import { cmmaDirtyCount } from '../../memory/cmma.js';
import { MARK } from '../../memory/frame-marks.js';
import { type Memslot, endOf } from '../../memory/memslot.js';
import { memslotFolds } from './fold-memslots.js';
import { type Folds, clearMarks, region, slotOf } from './fold.js';
import type { S390xVm } from '../state.js';

/** The VM with another count of frames whose CMMA state waits to be collected. */
export const withCmmaDirtyPages = ({ cmmaDirtyPages: _, ...vm }: S390xVm, count: number): S390xVm =>
  count > 0 ? { ...vm, cmmaDirtyPages: count } : vm;

/** The frames of a slot whose CMMA state waits to be collected. */
function cmmaDirtyIn(vm: S390xVm, number: number): number {
  const slot = slotOf(vm, number);
  return slot ? cmmaDirtyCount(vm.memory, slot, slot.firstFrame, endOf(slot)) : 0;
}

/** Every frame of every slot becomes CMMA-dirty (kvm_s390_vm_start_migration). */
function allCmmaDirty(vm: S390xVm): S390xVm {
  const slots = vm.memory.slots.map((slot): Memslot => ({ ...slot, cmmaDirty: true }));
  const count = slots.reduce((sum, { frames }) => sum + frames, 0);
  return withCmmaDirtyPages({ ...vm, memory: vm.memory.withSlots(slots) }, count);
}

/** No frame is CMMA-dirty any more, and the bits of `mask` are clear; what is counted stays (dat_reset_cmma). */
function forgetCmmaDirty(vm: S390xVm, mask: number): S390xVm {
  for (const slot of vm.memory.slots) clearMarks(vm, slot, mask);
  const slots = vm.memory.slots.map(({ cmmaDirty: _, ...slot }): Memslot => slot);
  return { ...vm, memory: vm.memory.withSlots(slots) };
}

/** Facts about CMMA, migration mode and the memory limit. */
export const cmmaFolds: Folds<
  'cmma_enabled' | 'cmma_cleared' | 'mem_limit_set' | 'migration_started' | 'migration_stopped'
> = {
  cmma_enabled: region({ cmma: 'on' }),
  cmma_cleared: (vm) => forgetCmmaDirty(vm, MARK.usage | MARK.nodat | MARK.cmmaDirty),
  mem_limit_set: (vm, { topTable }) => ({ ...vm, topTable }),
  migration_started: (vm) => region({ migration: 'on' })(vm.regions.cmma === 'on' ? allCmmaDirty(vm) : vm),
  migration_stopped: (vm) => {
    const stopped = region({ migration: 'off' })(vm);
    return vm.regions.cmma === 'on' ? withCmmaDirtyPages(forgetCmmaDirty(stopped, MARK.cmmaDirty), 0) : stopped;
  },
};

/** The VM without counting frames of a slot as CMMA-dirty any more. */
const withoutCmmaDirtyIn = (vm: S390xVm, slot: number): S390xVm =>
  withCmmaDirtyPages(vm, (vm.cmmaDirtyPages ?? 0) - cmmaDirtyIn(vm, slot));

/** Facts about memory slots where frames have CMMA states: those of a slot that goes away are not collected any more. */
export const cmmaMemslotFolds: Folds<'memslot_moved' | 'memslot_deleted'> = {
  memslot_moved: (vm, fact) => memslotFolds.memslot_moved(withoutCmmaDirtyIn(vm, fact.slot), fact),
  memslot_deleted: (vm, fact) => memslotFolds.memslot_deleted(withoutCmmaDirtyIn(vm, fact.slot), fact),
};
