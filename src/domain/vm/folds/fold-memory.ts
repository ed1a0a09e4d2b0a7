import { type Part, fragments } from '../../memory/address.js';
import { MARK } from '../../memory/frame-marks.js';
import type { GuestMemory } from '../../memory/guest-memory.js';
import { logsDirty } from '../../memory/memslot.js';
import { KEY } from '../../memory/storage-key.js';
import { pagesIn } from '../erasure.js';
import type { CommonFolds } from './fold.js';

/** Sets key bits in the frames of `parts`, and the dirty bit where `dirty` says so and the slot logs. */
export function touch(memory: GuestMemory, parts: readonly Part[], keyBits: number, dirty: boolean): void {
  for (const part of parts) {
    for (const { frame } of fragments(part.absolute, part.size)) {
      const slot = memory.slotAt(frame);
      const bits = keyBits | (dirty && slot !== undefined && logsDirty(slot) ? MARK.dirty : 0);
      memory.marks.set(frame, keyBits === 0 ? bits : bits | MARK.mapping, bits);
    }
  }
}

/** Facts about the content of memory, and what accesses leave in its marks. */
export const memoryFolds: CommonFolds<
  | 'memory_loaded'
  | 'memory_read'
  | 'memory_stored'
  | 'memory_compared'
  | 'memory_made_writable'
  | 'memory_kept'
  | 'memory_erased'
> = {
  memory_loaded: (vm, { parts, data }) => {
    vm.memory.store(parts, data);
    return vm;
  },
  memory_read: (vm, { parts }) => {
    touch(vm.memory, parts, KEY.reference, false);
    return vm;
  },
  memory_stored: (vm, { parts, data }) => {
    vm.memory.store(parts, data);
    touch(vm.memory, parts, KEY.reference | KEY.change, true);
    return vm;
  },
  memory_compared: (vm, { parts }) => {
    touch(vm.memory, parts, KEY.reference, true);
    return vm;
  },
  memory_made_writable: (vm, { parts }) => {
    touch(vm.memory, parts, 0, true);
    return vm;
  },
  memory_kept: (vm, { runs, data }) => {
    vm.memory.keep(pagesIn(runs), data);
    return vm;
  },
  memory_erased: (vm) => vm,
};
