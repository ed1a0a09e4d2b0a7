import { frameOf } from '../../memory/address.js';
import { cmmaByteOf, cmmaDirtyCount, cmmaDirtyMark, cmmaMarksOf, isCmmaDirty } from '../../memory/cmma.js';
import { resetKeys, setFrameKey } from '../../memory/frame-key.js';
import { MARK } from '../../memory/frame-marks.js';
import { endOf, logsDirty } from '../../memory/memslot.js';
import { KEY } from '../../memory/storage-key.js';
import { withCmmaDirtyPages } from './fold-cmma.js';
import { type Folds, region } from './fold.js';
import type { S390xVm } from '../state.js';

const STATE = MARK.usage | MARK.nodat;

function setKey({ memory }: S390xVm, frame: number, key: number): void {
  const slot = memory.slotAt(frame);
  setFrameKey(memory.marks, frame, key, slot !== undefined && logsDirty(slot));
}

/** The frame's CMMA state waits to be collected; counted if it did not yet. */
function awaitCollection(vm: S390xVm, frame: number): S390xVm {
  const { memory, cmmaDirtyPages = 0 } = vm;
  const slot = memory.slotAt(frame);
  if (slot === undefined || isCmmaDirty(slot, memory.marks.get(frame))) return vm;
  memory.marks.set(frame, MARK.cmmaDirty, cmmaDirtyMark(slot, true));
  return withCmmaDirtyPages(vm, cmmaDirtyPages + 1);
}

/** Facts about storage keys and CMMA states of pages. */
export const markFolds: Folds<
  | 'skeys_enabled'
  | 'storage_keys_set'
  | 'storage_key_set'
  | 'frames_cleared'
  | 'cmm_used'
  | 'page_state_set'
  | 'cmma_values_set'
  | 'cmma_collected'
> = {
  skeys_enabled: (vm) => {
    resetKeys(vm.memory.marks);
    return region({ skeys: 'on' })(vm);
  },
  storage_keys_set: (vm, { startGfn, data }) => {
    data.forEach((key, i) => setKey(vm, Number(startGfn) + i, key));
    return vm;
  },
  storage_key_set: (vm, { absolute, key }) => {
    setKey(vm, frameOf(absolute), key);
    return vm;
  },
  frames_cleared: (vm, { absolute, pages }) => {
    const { memory } = vm;
    const first = frameOf(absolute);
    for (const slot of memory.slots) {
      const from = Math.max(first, slot.firstFrame);
      const to = Math.min(first + pages, endOf(slot));
      if (from >= to) continue;
      const page = slot.firstPage - slot.firstFrame;
      memory.pages.replace(page + from, page + to - 1, () => undefined);
      const bits = KEY.reference | KEY.change | (logsDirty(slot) ? MARK.dirty : 0);
      memory.marks.assign(bits | MARK.mapping, from, to, bits);
    }
    return vm;
  },
  cmm_used: region({ cmm: 'used' }),
  page_state_set: (vm, { absolute, usage, nodat }) => {
    const frame = frameOf(absolute);
    vm.memory.marks.set(frame, STATE, cmmaMarksOf(usage | (nodat ? 0x40 : 0)));
    return vm.regions.migration === 'on' ? awaitCollection(vm, frame) : vm;
  },
  cmma_values_set: (vm, { startGfn, cleared, mask, data }) => {
    const { marks } = vm.memory;
    data.forEach((byte, i) => {
      const frame = Number(startGfn) + i;
      const before = cmmaByteOf(marks.get(frame));
      marks.set(frame, STATE, cmmaMarksOf((before & ~cleared) | (byte & mask)));
    });
    return vm;
  },
  cmma_collected: (vm, { startGfn, count }) => {
    const { memory, cmmaDirtyPages = 0 } = vm;
    const first = Number(startGfn);
    let collected = 0;
    for (const slot of memory.slots) {
      const from = Math.max(first, slot.firstFrame);
      const to = Math.min(first + count, endOf(slot));
      if (from >= to) continue;
      collected += cmmaDirtyCount(memory, slot, from, to);
      memory.marks.assign(MARK.cmmaDirty, from, to, cmmaDirtyMark(slot, false));
    }
    return withCmmaDirtyPages(vm, cmmaDirtyPages - collected);
  },
};
