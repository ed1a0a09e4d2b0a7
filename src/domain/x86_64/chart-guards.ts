import { type CommonGuard, commonGuards } from '../vm/chart-common.js';
import type { X86LawEvent } from '../vm/law-x86.js';
import type { X86Vm } from '../vm/state.js';

/** An event of the chart: a command, and the VM that it is given to, to be read only. */
export type ChartEvent = X86LawEvent & { readonly vm: X86Vm };

interface Asked {
  readonly event: ChartEvent;
}

/** KVM_MAX_VCPUS and KVM_MAX_VCPU_IDS of a kernel with CONFIG_KVM_MAX_NR_VCPUS at its default. */
const VCPUS = { maxVcpus: 1024, maxVcpuIds: 4096 };

/** Every condition that an arrow of the chart can depend on, by name. */
export const guards = {
  ...commonGuards(VCPUS),
  /** kvm_mmu_max_gfn, of a host with two-dimensional paging. */
  endsAboveCeiling: ({ event }: Asked) =>
    event.type === 'set_user_memory_region' &&
    (event.kind === 'create' || event.kind === 'move') &&
    event.end > 2 ** (event.vm.host.maxPhysAddrBits - 12),
  unknownVcpu: ({ event }: Asked) => 'vcpu' in event && !event.vm.vcpus.has(event.vcpu),
} as const;

export type GuardName = keyof typeof guards | CommonGuard;
