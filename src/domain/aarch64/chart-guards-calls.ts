import { frameOf } from '../memory/address.js';
import { PSCI_VERSIONS } from '../shapes/aarch64-registers.js';
import type { SmcccFilterRequest } from '../shapes/aarch64-smccc.js';
import { documented } from '../vm/semantics.js';
import { capabilityOf } from './capabilities.js';
import type { ChartEvent } from './chart-guards.js';
import { BITMAPS, BITMAP_NAMES, type Firmware, firmwareOf } from './firmware.js';
import { STOLEN_TIME_SIZE } from './pv-time.js';
import { filterSize, isAction, isEmpty, isPadded, overlaps, wraps } from './smccc-filter.js';
import type { Aarch64Vcpu } from './vcpu.js';

interface Asked {
  readonly event: ChartEvent;
}

const vcpuOf = (event: ChartEvent): Aarch64Vcpu | undefined =>
  'vcpu' in event ? event.vm.vcpus.get(event.vcpu) : undefined;

/** A condition on the range that a filter is asked to take. */
const onRange =
  (holds: (request: SmcccFilterRequest, event: ChartEvent) => boolean) =>
  ({ event }: Asked): boolean =>
    event.type === 'set_smccc_filter' && event.request !== undefined && holds(event.request, event);

const stored = ({ vm }: ChartEvent): number => vm.smcccFilter?.length ?? 0;

const firmwareIn = (event: ChartEvent): Partial<Firmware> => (event.type === 'set_firmware' ? event.firmware : {});

/** Whether the host's KVM has such a version of PSCI for a vCPU with PSCI 0.2. */
const isPsci = (version: number, host: { readonly psciVersion: number }): boolean =>
  version <= host.psciVersion && PSCI_VERSIONS.some((known) => known === version);

const ipaOf = (event: ChartEvent): bigint => (event.type === 'place_stolen_time' ? (event.fact?.ipa ?? 0n) : 0n);

/** Conditions on calls of the guest, what is chosen for them, and the vCPUs that make them. */
export const callGuards = {
  unknownVcpu: ({ event }: Asked) => vcpuOf(event) === undefined,
  vcpuSleeps: ({ event }: Asked) => vcpuOf(event)?.mpState !== 'runnable',
  immediateExit: ({ event }: Asked) => event.type === 'run_vcpu' && event.immediateExit,
  nothingToSay: ({ event }: Asked) => !('fact' in event) || event.fact === undefined,
  hasMpState: ({ event }: Asked) => event.type === 'set_mp_state' && event.fact?.mpState === vcpuOf(event)?.mpState,

  filterUnreadable: ({ event }: Asked) => event.type === 'set_smccc_filter' && event.request === undefined,
  filterPadded: onRange(isPadded),
  rangeWraps: onRange(wraps),
  rangeEmpty: onRange((request, { vm }) => isEmpty(request) && documented(vm, 'smcccEmptyAtZero')),
  actionUnknown: onRange(({ action }) => !isAction(action)),
  rangeOverlaps: onRange((request, { vm }) => overlaps(vm.smcccFilter ?? [], request)),
  noMemoryForReserved: onRange((_, { vm }) => vm.host.freeMemory < filterSize(0)),
  noMemoryForRange: onRange((_, event) => event.vm.host.freeMemory < filterSize(stored(event) + 1)),

  bitUnknown: ({ event }: Asked) =>
    BITMAP_NAMES.some((name) => ((firmwareIn(event)[name] ?? 0n) & ~BITMAPS[name]) !== 0n),
  psciUnknown: ({ event }: Asked) => {
    const { psciVersion } = firmwareIn(event);
    return psciVersion !== undefined && !isPsci(psciVersion, event.vm.host);
  },
  bitmapChanges: ({ event }: Asked) => {
    const now = firmwareOf(event.vm.firmware, event.vm.host);
    const asked = firmwareIn(event);
    return BITMAP_NAMES.some((name) => asked[name] !== undefined && asked[name] !== now[name]);
  },

  noStolenTime: ({ event }: Asked) => !event.vm.host.stealTime,
  ipaUnaligned: ({ event }: Asked) => ipaOf(event) % BigInt(STOLEN_TIME_SIZE) !== 0n,
  recordPlaced: ({ event }: Asked) => vcpuOf(event)?.stolenTime !== undefined,
  ipaOutsideSlots: ({ event }: Asked) => event.vm.memory.slotAt(frameOf(ipaOf(event))) === undefined,

  flagsGiven: ({ event }: Asked) => 'flags' in event && event.flags !== 0,
  capabilityRefused: ({ event }: Asked) =>
    event.type === 'enable_cap' && capabilityOf(event.capability)?.enabling?.(event.args) !== true,
} as const;
