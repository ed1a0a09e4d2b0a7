import { GuestMemory } from '../../memory/guest-memory.js';
import type { Event, EventOf, EventType } from '../facts/event.js';
import { attributeFolds } from './fold-attributes.js';
import { aarch64Folds } from './fold-aarch64.js';
import { cmmaFolds, cmmaMemslotFolds } from './fold-cmma.js';
import { markFolds } from './fold-marks.js';
import { memoryFolds } from './fold-memory.js';
import { memslotFolds } from './fold-memslots.js';
import { protectionFolds } from './fold-protection.js';
import { runFolds } from './fold-run.js';
import { vcpuFolds } from './fold-vcpu.js';
import { introspectionFolds } from './fold-introspection.js';
import { sharingFolds } from './fold-sharing.js';
import { x86Folds } from './fold-x86.js';
import type { CommonFolds } from './fold.js';
import { INITIAL_REGIONS } from '../law/regions.js';
import type { Arch, Vm } from '../state.js';

/** Facts that are the same for VMs of every architecture. */
const common: CommonFolds<'vm_destroyed'> & typeof memoryFolds & typeof memslotFolds = {
  vm_destroyed: (vm) => ({ ...vm, regions: { ...vm.regions, lifecycle: 'destroyed' } }),
  ...memoryFolds,
  ...memslotFolds,
};

/** What each fact does, by architecture; a fact that is not there cannot happen to its VMs. */
const FOLDS = {
  s390x: {
    ...common,
    ...vcpuFolds,
    ...runFolds,
    ...cmmaFolds,
    ...cmmaMemslotFolds,
    ...markFolds,
    ...attributeFolds,
    ...protectionFolds,
  },
  x86_64: { ...common, ...x86Folds, ...introspectionFolds, ...sharingFolds },
  aarch64: { ...common, ...aarch64Folds },
} as const;

/** The facts that can happen to a VM of an architecture once it was created. */
export const factsOf = (arch: Arch): EventType[] => Object.keys(FOLDS[arch]) as EventType[];

type AnyFold = (vm: Vm, event: Event) => Vm;

/** The state of a VM that was just created, before its ledger knows it; its host object is its own. */
const created = (id: string, { type: _, host, ...rest }: EventOf<'vm_created'>): Vm =>
  ({
    id,
    ...rest,
    host: { ...host },
    ledger: { version: 0, createdAt: '', updatedAt: '' },
    regions: INITIAL_REGIONS[rest.arch],
    vcpus: new Map(),
    memory: GuestMemory.empty(),
  }) as Vm;

/**
 * Folds one fact into a VM; undefined is the VM before `vm_created`. Decides nothing.
 *
 * The answer shares `vm.memory`, which is changed in place: `vm` must not be used again unless it was forked.
 */
export function apply<V extends Vm>(id: string, vm: V, event: Event): V;
export function apply(id: string, vm: Vm | undefined, event: Event): Vm;
export function apply(id: string, vm: Vm | undefined, event: Event): Vm {
  if (event.type === 'vm_created') return created(id, event);
  if (vm === undefined) throw new Error(`${event.type} happened to a VM that was never created`);
  const fold = (FOLDS[vm.arch] as Readonly<Partial<Record<EventType, AnyFold>>>)[event.type];
  if (fold === undefined) throw new Error(`${event.type} cannot happen to a VM of ${vm.arch}`);
  return fold(vm, event);
}

/** What a record adds to the state beside its facts. */
export interface Entry {
  readonly vm: string;
  readonly version: number;
  readonly time: string;
  readonly events: readonly Event[];
}

/** Folds one record into a VM; a stream may begin with refusals, so the answer may still be undefined. */
export function applyEntry(vm: Vm | undefined, { vm: id, version, time, events }: Entry): Vm | undefined {
  const after = events.reduce<Vm | undefined>((state, event) => apply(id, state, event), vm);
  if (after === undefined) return undefined;
  const createdAt = vm?.ledger.createdAt ?? time;
  const destroyedAt = after.regions.lifecycle === 'destroyed' ? (vm?.ledger.destroyedAt ?? time) : undefined;
  return { ...after, ledger: { version, createdAt, updatedAt: time, ...(destroyedAt && { destroyedAt }) } };
}
