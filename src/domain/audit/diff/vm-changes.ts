import type { Vm } from '../../vm/state.js';
import { type ValueChange, valueChanges } from './value-changes.js';

/** What can change of a VM beside what is in its memory. */
export const CHANGED = ['state', 'vcpu', 'memslot'] as const;

export interface VmChange extends ValueChange {
  readonly what: (typeof CHANGED)[number];
}

/** What a VM is but for its vCPUs, its memory and its ledger; its borrowed pages are there by number. */
function stateOf({ memory, vcpus: _, ledger: _ledger, id: _id, host: _host, ...rest }: Vm): object {
  return { ...rest, borrowed: memory.remote };
}

/** Slots by number, each as a whole. */
const slotsOf = ({ memory: { slots } }: Vm) =>
  new Map([...slots].sort((a, b) => a.slot - b.slot).map((slot) => [slot.slot, slot]));

function* memslotChanges(before: Vm, after: Vm): Generator<ValueChange> {
  const [was, is] = [slotsOf(before), slotsOf(after)];
  for (const number of new Set([...was.keys(), ...is.keys()]))
    yield* valueChanges(was.get(number), is.get(number), `/${number}`);
}

const told = function* (what: VmChange['what'], changes: Iterable<ValueChange>): Generator<VmChange> {
  for (const change of changes) yield { what, ...change };
};

/**
 * What is not the same of a VM in two of its states: regions and attributes, registers and whatever else its vCPUs have, and memory
 * slots. What is in memory, and its keys and marks, is for others to tell.
 */
export function* vmChanges(before: Vm, after: Vm): Generator<VmChange> {
  yield* told('state', valueChanges(stateOf(before), stateOf(after)));
  yield* told('vcpu', valueChanges(before.vcpus, after.vcpus));
  yield* told('memslot', memslotChanges(before, after));
}
