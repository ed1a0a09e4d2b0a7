import type { EventDetails } from '../shapes/kvmi.js';
import type { X86Vm } from '../vm/state.js';
import { codeWidth } from '../x86_64/vcpu/mode.js';
import { EVENT_MSRS, readMsr } from '../x86_64/vcpu/msrs.js';
import type { X86RegisterFile, X86Vcpu } from '../x86_64/vcpu/vcpu.js';
import { ALWAYS_ALLOWED } from './always-allowed.js';
import { EVENT_NAMES, type KvmiEvent } from './events.js';
import { accessNames } from './page-access.js';
import { isGood } from './tokens.js';

/** An event as the tool sees it: with the vCPU as it is while it waits. */
export interface EventView extends Omit<EventDetails, 'access'> {
  readonly seq: number;
  readonly event: KvmiEvent;
  readonly vcpu?: number;
  readonly mode?: 2 | 4 | 8;
  readonly registers?: X86RegisterFile;
  readonly msrs?: readonly { readonly index: number; readonly value: bigint }[];
  readonly access?: readonly string[];
}

function vcpuEvent(vm: X86Vm, vcpu: X86Vcpu): EventView[] {
  if (vcpu.waiting === undefined) return [];
  const { seq, event, details } = vcpu.waiting;
  const { access, ...rest } = details;
  const msrs = EVENT_MSRS.map((index) => ({ index, value: readMsr(vm, vcpu, index) ?? 0n }));
  return [
    {
      seq,
      event,
      vcpu: vcpu.id,
      mode: codeWidth(vcpu.registers),
      registers: vcpu.registers,
      msrs,
      ...rest,
      ...(access !== undefined && { access: accessNames(access) }),
    },
  ];
}

/** The events that wait: for a reply, or, UNHOOK, for the channel's end; in order of number. */
export function pendingEvents(vm: X86Vm): EventView[] {
  const unhooks = vm.introspection?.channel?.unhooks ?? [];
  const sent = [...vm.vcpus.values()].flatMap((vcpu) => vcpuEvent(vm, vcpu));
  return [...unhooks.map((seq) => ({ seq, event: 'unhook' as const })), ...sent].sort((a, b) => a.seq - b.seq);
}

/** The channel as anyone may see it. */
export interface IntrospectionView {
  readonly hooked: boolean;
  readonly uuid?: string;
  readonly allowed: { readonly commands: readonly (string | number)[]; readonly events: readonly string[] };
  readonly enabled: {
    readonly vm: readonly string[];
    readonly vcpus: Readonly<Record<string, readonly string[]>>;
  };
  /** Tokens that can still be used. */
  readonly tokens: number;
  readonly pendingEvents: number;
}

/**
 * What introspection there is of a VM; of one that was destroyed there is none.
 *
 * @param time now, in milliseconds since 1970
 */
export function introspectionView(vm: X86Vm, time: number): IntrospectionView {
  const { channel, tokens = [] } = vm.regions.lifecycle === 'live' ? (vm.introspection ?? {}) : {};
  const vcpus = [...vm.vcpus.values()].map(
    ({ id, introspection }) => [String(id), introspection?.enabled ?? []] as const,
  );
  return {
    hooked: channel !== undefined,
    ...(channel?.uuid !== undefined && { uuid: channel.uuid }),
    allowed: {
      commands: channel ? [...ALWAYS_ALLOWED, ...channel.commands] : [],
      events: EVENT_NAMES.filter((name) => channel?.events.includes(name)),
    },
    enabled: { vm: channel?.enabled ?? [], vcpus: channel ? Object.fromEntries(vcpus) : {} },
    tokens: tokens.filter(({ commitment }) => isGood(tokens, commitment, time)).length,
    pendingEvents: pendingEvents(vm).length,
  };
}
