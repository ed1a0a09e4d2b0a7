import { SPAN } from '../../s390x/dat/address-space.js';
import { shownMemslot, shownS390xRegisters, shownX86Vcpu } from '../../vm/shown.js';
import type { Vm } from '../../vm/state.js';
import { type ValueChange, valueChanges } from './value-changes.js';

/** What can change of a VM beside what is in its memory. */
export const CHANGED = ['state', 'vcpu', 'memslot'] as const;

export interface VmChange extends ValueChange {
  readonly what: (typeof CHANGED)[number];
}

/** What a VM is but for its vCPUs, its memory and its ledger, in the names of its representation; its borrowed pages by number. */
function stateOf({
  memory: { remote: borrowed },
  vcpus: _,
  ledger: _ledger,
  id: _id,
  host: _host,
  regions: state,
  vmType: type,
  ...rest
}: Vm): object {
  if (rest.arch !== 's390x') return { type, state, ...rest, borrowed };
  const { topTable, ...others } = rest;
  return { type, state, ...others, ...(topTable && { limitSize: SPAN[topTable] }), borrowed };
}

/** vCPUs by id, in the names of their representation; what that leaves out, too. */
function vcpusOf(vm: Vm): ReadonlyMap<number, object> {
  if (vm.arch === 'aarch64') return vm.vcpus;
  if (vm.arch === 'x86_64') return new Map([...vm.vcpus].map(([id, vcpu]) => [id, shownX86Vcpu(vcpu)]));
  return new Map([...vm.vcpus].map(([id, vcpu]) => [id, { ...vcpu, registers: shownS390xRegisters(vcpu.registers) }]));
}

/** Slots by number, each as a whole. */
const slotsOf = ({ memory: { slots } }: Vm): ReadonlyMap<number, object> =>
  new Map([...slots].sort((a, b) => a.slot - b.slot).map((slot) => [slot.slot, shownMemslot(slot)]));

const told = function* (what: VmChange['what'], changes: Iterable<ValueChange>): Generator<VmChange> {
  for (const change of changes) yield { what, ...change };
};

/**
 * What is not the same of a VM in two of its states: regions and attributes, registers and whatever else its vCPUs have, and memory
 * slots. What is in memory, and its keys and marks, is for others to tell.
 */
export function* vmChanges(before: Vm, after: Vm): Generator<VmChange> {
  yield* told('state', valueChanges(stateOf(before), stateOf(after)));
  yield* told('vcpu', valueChanges(vcpusOf(before), vcpusOf(after)));
  yield* told('memslot', valueChanges(slotsOf(before), slotsOf(after)));
}
