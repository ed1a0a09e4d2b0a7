import { GuestMemory } from '../memory/guest-memory.js';
import type { Event, EventOf, EventType } from './event.js';
import { attributeFolds } from './fold-attributes.js';
import { cmmaFolds } from './fold-cmma.js';
import { markFolds } from './fold-marks.js';
import { memoryFolds } from './fold-memory.js';
import { memslotFolds } from './fold-memslots.js';
import { protectionFolds } from './fold-protection.js';
import { runFolds } from './fold-run.js';
import { vcpuFolds } from './fold-vcpu.js';
import { type Fold, type Folds, region } from './fold.js';
import { INITIAL_REGIONS, type Vm } from './state.js';

const folds: Folds<Exclude<EventType, 'vm_created'>> = {
  vm_destroyed: region({ lifecycle: 'destroyed' }),
  ...vcpuFolds,
  ...runFolds,
  ...memoryFolds,
  ...memslotFolds,
  ...cmmaFolds,
  ...markFolds,
  ...attributeFolds,
  ...protectionFolds,
};

/** The state of a VM that was just created, before its ledger knows it; its host object is its own. */
const created = (id: string, { arch, vmType, semantics, name, labels, host }: EventOf<'vm_created'>): Vm => ({
  id,
  name,
  arch,
  vmType,
  semantics,
  labels,
  host: { ...host },
  ledger: { version: 0, createdAt: '', updatedAt: '' },
  regions: INITIAL_REGIONS,
  vcpus: new Map(),
  memory: GuestMemory.empty(),
});

/**
 * Folds one fact into a VM; undefined is the VM before `vm_created`. Decides nothing.
 *
 * The answer shares `vm.memory`, which is changed in place: `vm` must not be used again unless it was forked.
 */
export function apply(id: string, vm: Vm | undefined, event: Event): Vm {
  if (event.type === 'vm_created') return created(id, event);
  if (vm === undefined) throw new Error(`${event.type} happened to a VM that was never created`);
  return (folds[event.type] as Fold<EventType>)(vm, event);
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
