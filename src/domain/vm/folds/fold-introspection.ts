import { withAccess } from '../../introspection/page-access.js';
import type { Channel, Introspection, VcpuIntrospection } from '../../introspection/state.js';
import { withoutTokens } from '../../introspection/tokens.js';
import type { X86Vcpu } from '../../x86_64/vcpu/vcpu.js';
import type { EventOf } from '../facts/event.js';
import type { introspectionEvents } from '../facts/event-introspection.js';
import { type Folds, eachVcpu, region, withVcpu } from './fold.js';
import type { X86Vm } from '../state.js';

type IntrospectionFact = (typeof introspectionEvents)[number]['shape']['type']['value'];

const BEFORE: Introspection = { events: 0 };

/** Without what is undefined. */
function pruned<Whole extends object>(whole: { readonly [Key in keyof Whole]: Whole[Key] | undefined }): Whole {
  return Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== undefined)) as Whole;
}

const change = (
  vm: X86Vm,
  changes: { readonly [Key in keyof Introspection]?: Introspection[Key] | undefined },
): X86Vm => ({ ...vm, introspection: pruned({ ...(vm.introspection ?? BEFORE), ...changes }) });

const changeChannel = (vm: X86Vm, changes: (channel: Channel) => Partial<Channel>): X86Vm => {
  const channel = vm.introspection?.channel;
  return channel === undefined ? vm : change(vm, { channel: { ...channel, ...changes(channel) } });
};

/** A list with or without some values, in order; undefined if it is empty. */
function listed<Value extends string | number>(
  list: readonly Value[] = [],
  values: readonly Value[],
  there: boolean,
): readonly Value[] {
  const others = list.filter((value) => !values.includes(value));
  return there ? [...others, ...values].sort((a, b) => (a < b ? -1 : 1)) : others;
}

const some = <Value>(list: readonly Value[]): readonly Value[] | undefined => (list.length === 0 ? undefined : list);

/** Changes what introspection there is of a vCPU. */
function changeVcpu(
  vm: X86Vm,
  id: number,
  changes: (before: VcpuIntrospection) => {
    readonly [Key in keyof VcpuIntrospection]?: VcpuIntrospection[Key] | undefined;
  },
): X86Vm {
  return withVcpu(vm, id, ({ introspection: before = {}, ...vcpu }) => {
    const introspection = pruned<VcpuIntrospection>({ ...before, ...changes(before) });
    return Object.keys(introspection).length === 0 ? vcpu : { ...vcpu, introspection };
  });
}

/** A vCPU of which nobody is told anything. */
const alone = ({ introspection: _, waiting: __, ...vcpu }: X86Vcpu): X86Vcpu => vcpu;

function waits(vm: X86Vm, { seq, vcpu, event, details, held, excused }: EventOf<'vcpu_event_sent'>): X86Vm {
  const sent = changeVcpu(change(vm, { events: seq }), vcpu, ({ injection, pauses = 0 }) => ({
    injection: event === 'trap' ? undefined : injection,
    pauses: (event === 'pause_vcpu' ? pauses - 1 : pauses) || undefined,
  }));
  const waiting = { seq, event, details, held, ...(excused.length > 0 && { excused }) };
  return withVcpu(sent, vcpu, (before) => ({ ...before, waiting }));
}

/** Facts about introspection. */
export const introspectionFolds: Folds<IntrospectionFact, X86Vm> = {
  introspection_hooked: (vm, { uuid }) =>
    region<X86Vm>({ introspection: 'hooked' })(
      change(vm, {
        channel: { ...(uuid !== undefined && { uuid }), commands: [], events: [], enabled: [], unhooks: [] },
      }),
    ),
  introspection_unhooked: (vm) =>
    region<X86Vm>({ introspection: 'unhooked' })(
      eachVcpu(change(vm, { channel: undefined, access: undefined, tokens: undefined }), alone),
    ),
  commands_allowed: (vm, { names, allowed }) =>
    changeChannel(vm, ({ commands }) => ({ commands: listed(commands, names, allowed) })),
  events_allowed: (vm, { names, allowed }) =>
    changeChannel(vm, ({ events }) => ({ events: listed(events, names, allowed) })),
  vm_event_controlled: (vm, { event, enabled: there }) =>
    changeChannel(vm, ({ enabled }) => ({ enabled: listed(enabled, [event], there) })),
  vcpu_event_controlled: (vm, { vcpu, event, enabled: there }) =>
    changeVcpu(vm, vcpu, ({ enabled }) => ({ enabled: some(listed(enabled, [event], there)) })),
  cleanup_controlled: (vm, { enabled }) => {
    const { channel } = vm.introspection ?? BEFORE;
    if (channel === undefined) return vm;
    const { cleanup: _, ...rest } = channel;
    return change(vm, { channel: enabled ? rest : { ...rest, cleanup: false } });
  },
  cr_selected: (vm, { vcpu, cr, enabled }) =>
    changeVcpu(vm, vcpu, ({ crs }) => ({ crs: some(listed(crs, [cr], enabled)) })),
  msr_selected: (vm, { vcpu, msr, enabled }) =>
    changeVcpu(vm, vcpu, ({ msrs }) => ({ msrs: some(listed(msrs, [msr], enabled)) })),
  page_access_set: (vm, { entries }) => change(vm, { access: withAccess(vm.introspection?.access, entries) }),
  vcpu_pause_asked: (vm, { vcpu }) => changeVcpu(vm, vcpu, ({ pauses = 0 }) => ({ pauses: pauses + 1 })),
  exception_injected: (vm, { vcpu, vector, errorCode, address }) =>
    changeVcpu(vm, vcpu, () => ({ injection: pruned({ vector, errorCode, address }) })),

  unhook_event_sent: (vm, { seq }) =>
    changeChannel(change(vm, { events: seq }), ({ unhooks }) => ({ unhooks: [...unhooks, seq] })),
  vcpu_event_sent: waits,
  guest_store_held: (vm, { vcpu, data }) =>
    withVcpu(vm, vcpu, (before) => (before.waiting ? { ...before, waiting: { ...before.waiting, data } } : before)),
  registers_set_later: (vm, { vcpu, registers }) =>
    withVcpu(vm, vcpu, (before) =>
      before.waiting ? { ...before, waiting: { ...before.waiting, registers } } : before,
    ),
  vcpu_event_answered: (vm, { vcpu }) => withVcpu(vm, vcpu, ({ waiting: _, ...before }) => before),
  vm_crashed: region<X86Vm>({ health: 'crashed' }),

  map_token_issued: (vm, { token, time }) =>
    change(vm, { tokens: [...(vm.introspection?.tokens ?? []), { commitment: token, time }] }),
  map_token_spent: (vm, { token }) => change(vm, { tokens: withoutTokens(vm.introspection?.tokens, [token]) }),
  map_tokens_expired: (vm, { tokens }) => change(vm, { tokens: withoutTokens(vm.introspection?.tokens, tokens) }),
};
