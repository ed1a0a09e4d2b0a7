import { type Memslot, endOf } from '../memory/memslot.js';
import type { S390xVcpu } from '../s390x/vcpu.js';
import type { EventOf, EventType } from './event.js';
import type { Regions, Vm } from './state.js';

/** How one type of fact changes a VM. Memory is changed in place; nothing is decided. */
export type Fold<Type extends EventType> = (vm: Vm, event: EventOf<Type>) => Vm;

/** The folds of some types of facts. */
export type Folds<Type extends EventType> = { readonly [Each in Type]: Fold<Each> };

/** Takes regions of the chart to other states. */
export const region =
  (changes: Partial<Regions>) =>
  (vm: Vm): Vm => ({ ...vm, regions: { ...vm.regions, ...changes } });

/** Changes one vCPU; a VM without it stays as it is. */
export const withVcpu = (vm: Vm, id: number, change: (vcpu: S390xVcpu) => S390xVcpu): Vm => {
  const vcpu = vm.vcpus.get(id);
  return vcpu ? { ...vm, vcpus: new Map(vm.vcpus).set(id, change(vcpu)) } : vm;
};

/** Changes every vCPU. */
export const eachVcpu = (vm: Vm, change: (vcpu: S390xVcpu) => S390xVcpu): Vm => ({
  ...vm,
  vcpus: new Map([...vm.vcpus].map(([id, vcpu]) => [id, change(vcpu)])),
});

/** The slot of a number, if there is one. */
export const slotOf = ({ memory }: Vm, number: number): Memslot | undefined =>
  memory.slots.find(({ slot }) => slot === number);

/** Clears bits of the marks of every frame of a slot. */
export const clearMarks = ({ memory }: Vm, slot: Memslot, mask: number): void =>
  memory.marks.clear(mask, slot.firstFrame, endOf(slot));
