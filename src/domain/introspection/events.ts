import type { Action } from '../shapes/kvmi.js';

/** How an event is told, and what can be replied to it. */
interface Kind {
  /** Whether the VM or one of its vCPUs sends it. */
  readonly of: 'vm' | 'vcpu';
  /** Sent because the tool asked for it by a command: it needs no enabling, and cannot be disabled. */
  readonly onRequest?: true;
  /** What a reply may ask for; none where there is no reply. */
  readonly actions: readonly Action[];
}

/** The events that a channel knows (kvmi.rst, "Events"; vmi-hypercalls section 4). */
export const EVENTS = {
  unhook: { of: 'vm', actions: [] },
  pf: { of: 'vcpu', actions: ['continue', 'retry', 'crash'] },
  pause_vcpu: { of: 'vcpu', onRequest: true, actions: ['continue', 'crash'] },
  trap: { of: 'vcpu', onRequest: true, actions: ['continue', 'crash'] },
  cr: { of: 'vcpu', actions: ['continue', 'crash'] },
  msr: { of: 'vcpu', actions: ['continue', 'crash'] },
  xsetbv: { of: 'vcpu', actions: ['continue', 'crash'] },
  breakpoint: { of: 'vcpu', actions: ['continue', 'retry', 'crash'] },
  hypercall: { of: 'vcpu', actions: ['continue', 'crash'] },
  descriptor: { of: 'vcpu', actions: ['continue', 'retry', 'crash'] },
  singlestep: { of: 'vcpu', actions: ['continue', 'crash'] },
} as const satisfies Readonly<Record<string, Kind>>;

export type KvmiEvent = keyof typeof EVENTS;

/** Events that a vCPU sends, and then waits. */
export type VcpuEvent = Exclude<KvmiEvent, 'unhook'>;

export const EVENT_NAMES = Object.keys(EVENTS) as readonly KvmiEvent[] as readonly [KvmiEvent, ...KvmiEvent[]];

export const VCPU_EVENTS = EVENT_NAMES.filter((name) => EVENTS[name].of === 'vcpu') as [VcpuEvent, ...VcpuEvent[]];

export const isEvent = (name: string | number): name is KvmiEvent =>
  typeof name === 'string' && Object.hasOwn(EVENTS, name);

const kindOf = (name: KvmiEvent): Kind => EVENTS[name];

/** Whether `name` is an event of the VM or of vCPUs. */
export const isEventOf = (of: Kind['of'], name: string | number): name is KvmiEvent =>
  isEvent(name) && kindOf(name).of === of;

/** Whether the event is told without having been enabled. */
export const isOnRequest = (name: KvmiEvent): boolean => kindOf(name).onRequest === true;

/** Whether an event can be replied to with an action; a number is an action that nothing knows. */
export const takesAction = (name: KvmiEvent, action: Action | number): action is Action =>
  typeof action === 'string' && kindOf(name).actions.includes(action);
