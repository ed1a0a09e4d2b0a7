import {
  type ActorLogic,
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  transition,
} from 'xstate';
import { topTableFor } from '../../s390x/dat/address-space.js';
import { chart as aarch64 } from '../../aarch64/chart.js';
import { chart as s390x } from '../../s390x/chart/chart.js';
import { chart as x86_64 } from '../../x86_64/chart/chart.js';
import type { Errno } from '../../errno.js';
import type { Event, EventType } from '../facts/event.js';
import { DATA_PLANE, type DataPlaneEvent, type LawEvent, type Verdict } from './law.js';
import type { Regions } from './regions.js';
import type { Vm } from '../state.js';

/** What the chart says to a command, and the configuration that it goes to. */
export interface Step {
  readonly verdict: Verdict;
  readonly regions: Regions;
}

/** The law of each architecture. */
export const CHARTS = { s390x, x86_64, aarch64 } as const;

/**
 * A machine as logic that begins where it is told: for a pure transition, an actor is made that is never started, and its machine would
 * work out its initial state each time.
 */
function lawOf(machine: AnyStateMachine): ActorLogic<AnyMachineSnapshot, AnyEventObject> {
  const initial = machine.resolveState({ value: {}, context: {} });
  return {
    transition: (snapshot, event, scope) => machine.transition(snapshot, event, scope),
    getInitialSnapshot: () => initial,
    getPersistedSnapshot: (snapshot) => machine.getPersistedSnapshot(snapshot),
  };
}

const LAWS = { s390x: lawOf(s390x), x86_64: lawOf(x86_64), aarch64: lawOf(aarch64) } as const;

const snapshots = new WeakMap<Regions, AnyMachineSnapshot>();

function snapshotOf({ arch, regions }: Vm): AnyMachineSnapshot {
  const snapshot = snapshots.get(regions) ?? CHARTS[arch].resolveState({ value: { ...regions } });
  snapshots.set(regions, snapshot);
  return snapshot;
}

/** What a fact takes over from the command. */
function factArguments(event: LawEvent): object {
  switch (event.type) {
    case 'create_vcpu':
      return { vcpu: event.vcpu };
    case 'get_dirty_log':
      return { slot: event.slot };
    case 'limit_mem_size':
      return { topTable: topTableFor(event.limit ?? 0n) };
    default:
      if ('fact' in event) return { ...event.fact };
      return 'vcpu' in event ? { vcpu: event.vcpu } : {};
  }
}

const factOf = (type: EventType, event: LawEvent): Event => ({ type, ...factArguments(event) }) as Event;

/** What an arrow says (chart-arrows.ts). */
interface Saying {
  readonly params?: { readonly errno: Errno } | { readonly fact: EventType };
}

/** Asks the chart. A command without an arrow is an unknown ioctl: ENOTTY (kvm_vm_ioctl). */
export function step(vm: Vm, event: LawEvent): Step {
  const [next, actions] = transition(LAWS[vm.arch], snapshotOf(vm), { ...event, vm });
  const facts: Event[] = [];
  let refused: Verdict | undefined;
  for (const { params } of actions as unknown as readonly Saying[]) {
    if (params && 'errno' in params) refused = { refused: params.errno };
    if (params && 'fact' in params) facts.push(factOf(params.fact, event));
  }
  if (actions.length === 0) refused = { refused: 'ENOTTY' };
  return { verdict: refused ?? { facts }, regions: next.value as Regions };
}

const dataPlane: ReadonlySet<string> = new Set(DATA_PLANE);

const isDataPlane = (event: LawEvent): event is { type: DataPlaneEvent } => dataPlane.has(event.type);

/** What was worked out for a configuration and the slots that it had last. */
interface Known {
  readonly slots: Vm['memory']['slots'];
  readonly verdicts: Map<DataPlaneEvent, Verdict>;
}

const knowledge = new WeakMap<Regions, Known>();

/** Data-plane verdicts are asked for at every access: each is worked out once. */
function consultOnce(vm: Vm, event: { type: DataPlaneEvent }): Verdict {
  const { slots } = vm.memory;
  let known = knowledge.get(vm.regions);
  if (known?.slots !== slots) knowledge.set(vm.regions, (known = { slots, verdicts: new Map() }));
  const verdict = known.verdicts.get(event.type) ?? step(vm, event).verdict;
  known.verdicts.set(event.type, verdict);
  return verdict;
}

/**
 * What the law says to a command now: the errno that refuses it, or the facts that it leaves behind where nothing else does.
 * Asked at the place in a command's order of checks where KVM looks at the VM's configuration.
 */
export const consult = (vm: Vm, event: LawEvent): Verdict =>
  isDataPlane(event) ? consultOnce(vm, event) : step(vm, event).verdict;
