import type { EventDetails } from '../shapes/kvmi.js';
import type { HeldCommand } from '../shapes/x86-held.js';
import type { Reply } from '../vm/decision.js';
import type { Event } from '../vm/facts/event.js';
import type { X86Vm } from '../vm/state.js';
import type { X86Vcpu } from '../x86_64/vcpu/vcpu.js';
import { type VcpuEvent, isOnRequest } from './events.js';

/** An event of a vCPU's, before it has its number. */
export interface Told {
  readonly event: VcpuEvent;
  readonly details: EventDetails;
}

/** What comes of something that the guest does: it is done, with an answer, or an event must be replied to first. */
export interface Outcome {
  readonly facts: readonly Event[];
  readonly reply?: Reply;
  readonly told?: Told;
}

/** What the reply to an event said; `newValue` only of `cr` and `msr`. */
export interface Replied {
  readonly event: VcpuEvent;
  readonly action: 'continue' | 'retry';
  readonly newValue?: bigint;
}

/** What the guest may do without a further event: what was replied to, and pages that may be accessed in spite of their access. */
export interface Pass {
  readonly replied?: Replied;
  readonly excused: readonly number[];
}

export const NO_PASS: Pass = { excused: [] };

/** Whether an event would reach the tool: there is a channel, the device manager allows it, and the tool enabled it or asked for it. */
export function isHeard({ introspection }: X86Vm, vcpu: X86Vcpu, event: VcpuEvent): boolean {
  const channel = introspection?.channel;
  if (channel === undefined || !channel.events.includes(event)) return false;
  return isOnRequest(event) || (vcpu.introspection?.enabled?.includes(event) ?? false);
}

/** The command as it is kept while the vCPU waits: without bytes, and without registers that are set already. */
function held(command: HeldCommand): HeldCommand {
  if (command.type === 'x86_guest') return { ...command, data: undefined };
  return command.type === 'x86_hypercall' ? { ...command, args: [], registers: {} } : command;
}

/** The facts and the answer of an outcome: where an event is to be replied to, it is sent, the vCPU waits, and the answer says so. */
export function settle(
  vm: X86Vm,
  { facts, reply = {}, told }: Outcome,
  command: HeldCommand,
  { excused }: Pass = NO_PASS,
): { facts: readonly Event[]; reply: Reply } {
  if (told === undefined) return { facts, reply };
  const seq = (vm.introspection?.events ?? 0) + 1;
  const { vcpu } = command;
  const data = command.type === 'x86_guest' ? command.data : undefined;
  const sent: Event = { type: 'vcpu_event_sent', seq, vcpu, ...told, held: held(command), excused: [...excused] };
  return {
    facts: [...facts, sent, ...(data ? [{ type: 'guest_store_held', vcpu, data } as const] : [])],
    reply: { waiting: seq },
  };
}
