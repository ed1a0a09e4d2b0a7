import { KVMI_COMMANDS, type KvmiCommand, isKvmiCommand } from '../shapes/kvmi.js';
import { consult } from '../vm/law/consult.js';
import type { Decider } from '../vm/decider.js';
import { done, refused } from '../vm/decision.js';
import type { Event } from '../vm/facts/event.js';
import type { X86Vm } from '../vm/state.js';
import { ALWAYS_ALLOWED } from './always-allowed.js';
import { closeChannel } from './closing.js';
import { EVENT_NAMES, isEvent } from './events.js';

/** KVM_INTROSPECTION_HOOK: what is checked in which order is the chart's. */
export const hookIntrospection: Decider<'introspection_hook', X86Vm> = (vm, { type, uuid, fd, padding = 0 }) => {
  const fact = uuid === undefined ? {} : { uuid };
  const verdict = consult(vm, { type, padding, isSocket: fd !== -1, fact });
  return verdict.refused ? refused(verdict.refused) : done(verdict.facts);
};

/**
 * KVM_INTROSPECTION_UNHOOK, and the tool's closing of its channel: 0 also where nothing is hooked. Reply: `resumed`, what
 * the calls of vCPUs that waited come to, by vCPU.
 */
export const unhookIntrospection: Decider<'introspection_unhook', X86Vm> = (vm, { type }) => {
  const verdict = consult(vm, { type });
  if (verdict.refused) return refused(verdict.refused);
  if (vm.regions.introspection === 'unhooked') return done();
  const { facts, resumed } = closeChannel(vm);
  return done(facts, resumed.size === 0 ? {} : { resumed: Object.fromEntries(resumed) });
};

/** KVM_INTROSPECTION_PREUNHOOK: the event by which the tool is asked to let go. */
export const preunhookIntrospection: Decider<'introspection_preunhook', X86Vm> = (vm, { type }) => {
  const verdict = consult(vm, { type });
  if (verdict.refused) return refused(verdict.refused);
  return done([{ type: 'unhook_event_sent', seq: (vm.introspection?.events ?? 0) + 1 }]);
};

const COMMANDS = (Object.keys(KVMI_COMMANDS) as KvmiCommand[]).filter((name) => !ALWAYS_ALLOWED.includes(name));

/** The fact that something is allowed or not; undefined for an id that nothing has. */
function allowance(kind: 'command' | 'event', id: string | number, allowed: boolean): Event | undefined {
  if (kind === 'event') {
    const names = id === 'all' ? [...EVENT_NAMES] : isEvent(id) ? [id] : undefined;
    return names && { type: 'events_allowed', names, allowed };
  }
  const names = id === 'all' ? COMMANDS : isKvmiCommand(id) ? [id] : undefined;
  return names && { type: 'commands_allowed', names: names.filter((name) => !ALWAYS_ALLOWED.includes(name)), allowed };
}

/** KVM_INTROSPECTION_COMMAND and _EVENT. The commands that are always allowed stay so: one of them alone cannot be forbidden. */
export const allowIntrospection: Decider<'introspection_allow', X86Vm> = (vm, { type, command, event, allow }) => {
  const kind = command === undefined ? 'event' : 'command';
  const id = command ?? event ?? 'all';
  const fact = allowance(kind, id, allow === 1);
  const verdict = consult(vm, {
    type,
    known: fact !== undefined,
    allow,
    forbids: kind === 'command' && ALWAYS_ALLOWED.includes(id) && allow === 0,
  });
  if (verdict.refused) return refused(verdict.refused);
  return done(fact ? [fact] : []);
};
