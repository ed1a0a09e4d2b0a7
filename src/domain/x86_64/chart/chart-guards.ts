import { type CommonGuard, commonGuards } from '../../vm/law/chart-common.js';
import type { X86LawEvent } from '../../vm/law/law-x86.js';
import type { X86Vm } from '../../vm/state.js';

/** An event of the chart: a command, and the VM that it is given to, to be read only. */
export type ChartEvent = X86LawEvent & { readonly vm: X86Vm };

interface Asked {
  readonly event: ChartEvent;
}

/** KVM_MAX_VCPUS and KVM_MAX_VCPU_IDS of a kernel with CONFIG_KVM_MAX_NR_VCPUS at its default. */
const VCPUS = { maxVcpus: 1024, maxVcpuIds: 4096 };

const vcpuOf = ({ event }: Asked) => ('vcpu' in event ? event.vm.vcpus.get(event.vcpu) : undefined);

/** Whether the tool was, or still would be, told of UNHOOK. */
const hearsUnhook = ({ introspection }: X86Vm): boolean => {
  const channel = introspection?.channel;
  return channel !== undefined && channel.events.includes('unhook') && channel.enabled.includes('unhook');
};

/** Registers that kvm_run can carry (KVM_SYNC_X86_VALID_FIELDS: general, special, events). */
const SYNC_REGS = 7n;

/** Every condition that an arrow of the chart can depend on, by name. */
export const guards = {
  ...commonGuards(VCPUS),
  /** kvm_mmu_max_gfn, of a host with two-dimensional paging. */
  endsAboveCeiling: ({ event }: Asked) =>
    event.type === 'set_user_memory_region' &&
    (event.kind === 'create' || event.kind === 'move') &&
    event.end > 2 ** (event.vm.host.maxPhysAddrBits - 12),

  unknownVcpu: (asked: Asked) => vcpuOf(asked) === undefined,
  /** It waits for the reply to an event: in KVM, whoever wants it would wait for its mutex. */
  vcpuWaits: (asked: Asked) => vcpuOf(asked)?.waiting !== undefined,
  vcpuNotStarted: (asked: Asked) => vcpuOf(asked)?.mpState === 'uninitialized',
  immediateExit: ({ event }: Asked) => event.type === 'run_vcpu' && event.immediateExit,
  unknownSyncRegs: ({ event }: Asked) => event.type === 'run_vcpu' && (event.regs & ~SYNC_REGS) !== 0n,
  unknownMpState: ({ event }: Asked) => event.type === 'set_mp_state' && event.fact === undefined,

  introspectionOff: ({ event }: Asked) => !event.vm.host.introspection,
  paddingGiven: ({ event }: Asked) => 'padding' in event && Number(event.padding) !== 0,
  noSocket: ({ event }: Asked) => event.type === 'introspection_hook' && !event.isSocket,
  unhookUnheard: ({ event }: Asked) => !hearsUnhook(event.vm),
  unknownId: ({ event }: Asked) => 'known' in event && !event.known,
  allowIsNoFlag: ({ event }: Asked) => event.type === 'introspection_allow' && event.allow > 1,
  forbidsAlwaysAllowed: ({ event }: Asked) => event.type === 'introspection_allow' && event.forbids,
  disallowed: ({ event }: Asked) => event.type === 'introspection_command' && !event.allowed,
  nothingWaits: ({ event }: Asked) => event.type === 'introspection_reply' && !event.waits,

  flagsGiven: ({ event }: Asked) => event.type === 'enable_cap' && event.flags !== 0,
  capabilityUnknown: ({ event }: Asked) => event.type === 'enable_cap' && event.takes === undefined,
  argumentUnknown: ({ event }: Asked) => event.type === 'enable_cap' && (event.value & ~(event.takes ?? 0n)) !== 0n,
} as const;

export type GuardName = keyof typeof guards | CommonGuard;
