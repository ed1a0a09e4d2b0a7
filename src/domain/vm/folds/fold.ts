import { type Memslot, endOf } from '../../memory/memslot.js';
import type { EventOf, EventType } from '../facts/event.js';
import type { S390xVm, Vm } from '../state.js';

/** How one type of fact changes a VM of one architecture. Memory is changed in place; nothing is decided. */
export type Fold<Type extends EventType, V extends Vm = S390xVm> = (vm: V, event: EventOf<Type>) => V;

/** The folds of some types of facts, for one architecture. */
export type Folds<Type extends EventType, V extends Vm = S390xVm> = { readonly [Each in Type]: Fold<Each, V> };

/** The folds of some types of facts, which are the same for every architecture. */
export type CommonFolds<Type extends EventType> = {
  readonly [Each in Type]: <V extends Vm>(vm: V, event: EventOf<Each>) => V;
};

/** The vCPUs of an architecture's VMs. */
type VcpuOf<V extends Vm> = V['vcpus'] extends ReadonlyMap<number, infer Vcpu> ? Vcpu : never;

/** Takes regions of the chart to other states. */
export const region =
  <V extends Vm = S390xVm>(changes: Partial<V['regions']>) =>
  (vm: V): V => ({ ...vm, regions: { ...vm.regions, ...changes } });

/** Changes one vCPU; a VM without it stays as it is. */
export const withVcpu = <V extends Vm>(vm: V, id: number, change: (vcpu: VcpuOf<V>) => VcpuOf<V>): V => {
  const vcpus = vm.vcpus as ReadonlyMap<number, VcpuOf<V>>;
  const vcpu = vcpus.get(id);
  return vcpu === undefined ? vm : { ...vm, vcpus: new Map(vcpus).set(id, change(vcpu)) };
};

/** Changes every vCPU. */
export const eachVcpu = <V extends Vm>(vm: V, change: (vcpu: VcpuOf<V>) => VcpuOf<V>): V => {
  const vcpus = vm.vcpus as ReadonlyMap<number, VcpuOf<V>>;
  return { ...vm, vcpus: new Map([...vcpus].map(([id, vcpu]) => [id, change(vcpu)])) };
};

/** Registers with those of `changes` that are named. */
export const withPresent = <Registers extends object>(before: Registers, changes: Partial<Registers>): Registers => ({
  ...before,
  ...Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)),
});

/** Keeps that a capability was enabled. */
export const withCapability = <V extends Vm>(vm: V, capability: string): V => ({
  ...vm,
  capabilities: [...new Set([...(vm.capabilities ?? []), capability])].sort(),
});

/** The slot of a number, if there is one. */
export const slotOf = ({ memory }: Vm, number: number): Memslot | undefined =>
  memory.slots.find(({ slot }) => slot === number);

/** Clears bits of the marks of every frame of a slot. */
export const clearMarks = ({ memory }: Vm, slot: Memslot, mask: number): void =>
  memory.marks.clear(mask, slot.firstFrame, endOf(slot));
