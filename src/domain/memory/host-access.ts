import { consult } from '../vm/law/consult.js';
import type { Decider } from '../vm/decider.js';
import { done, refused } from '../vm/decision.js';
import { fragments, partsOf } from './address.js';
import type { GuestMemory } from './guest-memory.js';
import type { Vm } from '../vm/state.js';

/** A run of guest memory that the VMM names: `gpa` in bytes of guest address, `size` in bytes. */
interface Extent {
  readonly gpa: bigint;
  readonly size: number;
}

/** The parts of extents in their order, or undefined if a byte of them is in no slot. */
function mapped(memory: GuestMemory, extents: readonly Extent[]) {
  if (!extents.every(({ gpa, size }) => memory.backs(gpa, size))) return undefined;
  return partsOf(extents.flatMap(({ gpa, size }) => fragments(gpa, size)));
}

/**
 * The VMM stores through its own mapping of guest memory: no translation, no keys, no dirty log, also where the guest is
 * protected. EFAULT, and nothing is stored, unless a slot backs every byte.
 */
export const writeMemory: Decider<'write_memory', Vm> = (vm, { type, extents, data }) => {
  const verdict = consult(vm, { type });
  if (verdict.refused) return refused(verdict.refused);
  const parts = mapped(vm.memory, extents);
  return parts ? done([{ type: 'memory_loaded', parts, data }]) : refused('EFAULT');
};

/** The VMM reads through its mapping, now or as it was. Reply: `data`. EFAULT unless a slot backs every byte. */
export const readMemory: Decider<'read_memory', Vm> = (_vm, { type, gpa, size }, past) => {
  const verdict = consult(past, { type });
  if (verdict.refused) return refused(verdict.refused);
  const { memory } = past;
  return memory.backs(gpa, size) ? done([], { data: memory.read(fragments(gpa, size)) }) : refused('EFAULT');
};
