import { type CommonGuard, commonGuards } from '../vm/law/chart-common.js';
import type { Aarch64LawEvent } from '../vm/law/law-aarch64.js';
import type { Aarch64Vm } from '../vm/state.js';
import { callGuards } from './chart-guards-calls.js';

/** An event of the chart: a command, and the VM that it is given to, to be read only. */
export type ChartEvent = Aarch64LawEvent & { readonly vm: Aarch64Vm };

interface Asked {
  readonly event: ChartEvent;
}

/** KVM_MAX_VCPUS: as many as a GICv3 serves (VGIC_V3_MAX_CPUS). */
const VCPUS = { maxVcpus: 512, maxVcpuIds: 512 };

/** Bits of an intermediate physical address of a VM of the default type (KVM_PHYS_SHIFT). */
const IPA_BITS = 40;

/** Every condition that an arrow of the chart can depend on, by name. */
export const guards = {
  ...commonGuards(VCPUS),
  ...callGuards,
  endsAboveCeiling: ({ event }: Asked) =>
    event.type === 'set_user_memory_region' && event.kind !== 'delete' && event.end > 2 ** (IPA_BITS - 12),
} as const;

export type GuardName = keyof typeof guards | CommonGuard;
