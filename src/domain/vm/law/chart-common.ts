import { stateIn } from 'xstate';
import { KVM_USER_MEM_SLOTS } from '../../memory/memslot-limits.js';
import { logsDirty } from '../../memory/memslot.js';
import type { arrows } from './chart-arrows.js';
import type { CommonLawEvent } from './law-common.js';
import type { Vm } from '../state.js';

/** An event of a chart of any architecture: a command, and the VM that it is given to, to be read only. */
export interface Asked {
  readonly event: { readonly type: string; readonly vm: Vm };
}

type EventOf<Type extends CommonLawEvent['type']> = Extract<CommonLawEvent, { readonly type: Type }> & {
  readonly vm: Vm;
};

const is = <Type extends CommonLawEvent['type']>(event: Asked['event'], type: Type): event is EventOf<Type> =>
  event.type === type;

/** How many vCPUs there can be, and which numbers they can have. */
export interface VcpuLimits {
  readonly maxVcpus: number;
  readonly maxVcpuIds: number;
}

const clears = (event: Asked['event']): event is EventOf<'clear_dirty_log'> => is(event, 'clear_dirty_log');

const ofSlot = (event: Asked['event']): event is EventOf<'get_dirty_log' | 'clear_dirty_log'> =>
  is(event, 'get_dirty_log') || clears(event);

const loggingSlot = ({ memory }: Vm, number: number) =>
  memory.slots.find((slot) => slot.slot === number && logsDirty(slot));

/** Pages of the slot from the first one that is asked for on; negative if there are not as many. */
const pagesLeft = (event: EventOf<'clear_dirty_log'>): bigint =>
  BigInt(loggingSlot(event.vm, event.slot)?.frames ?? 0) - event.firstPage;

/** Conditions that the charts of several architectures have in common, by name. */
export const commonGuards = ({ maxVcpus, maxVcpuIds }: VcpuLimits) =>
  ({
    live: stateIn({ lifecycle: 'live' }),
    vcpuIdBeyondMax: ({ event }: Asked) => is(event, 'create_vcpu') && event.vcpu >= maxVcpuIds,
    vcpusFull: ({ event }: Asked) => event.vm.vcpus.size >= maxVcpus,
    vcpuExists: ({ event }: Asked) => is(event, 'create_vcpu') && event.vm.vcpus.has(event.vcpu),
    noMemory: ({ event: { vm } }: Asked) => vm.memory.slots.length === 0,
    slotIdBeyondMax: ({ event }: Asked) => ofSlot(event) && event.slot >= KVM_USER_MEM_SLOTS[event.vm.arch],
    slotDoesNotLog: ({ event }: Asked) => ofSlot(event) && loggingSlot(event.vm, event.slot) === undefined,
    firstPageUnaligned: ({ event }: Asked) => clears(event) && event.firstPage % 64n !== 0n,
    pagesBeyondSlot: ({ event }: Asked) => clears(event) && BigInt(event.numPages) > pagesLeft(event),
    pagesNotWholeWords: ({ event }: Asked) =>
      clears(event) && event.numPages % 64 !== 0 && BigInt(event.numPages) < pagesLeft(event),
    bitmapUnreadable: ({ event }: Asked) => clears(event) && !event.readable,
  }) as const;

export type CommonGuard = keyof ReturnType<typeof commonGuards>;

type Arrows<Guard> = ReturnType<typeof arrows<CommonGuard, Guard>>;

/**
 * Arrows of the region `lifecycle` that the charts of several architectures have in common: the end, the VMM's memory, and
 * dirty logs (kvm_get_dirty_log_protect, kvm_clear_dirty_log_protect).
 */
export const lifecycleArrows = <Guard>({ refuse, accept, record, recordTo }: Arrows<Guard>) =>
  ({
    destroy_vm: recordTo('destroyed', 'vm_destroyed'),
    write_memory: [refuse('EFAULT', 'noMemory'), accept()],
    read_memory: [refuse('EFAULT', 'noMemory'), accept()],
    get_dirty_log: [refuse('EINVAL', 'slotIdBeyondMax'), refuse('ENOENT', 'slotDoesNotLog'), record('dirty_log_taken')],
    clear_dirty_log: [
      refuse('EINVAL', 'slotIdBeyondMax'),
      refuse('EINVAL', 'firstPageUnaligned'),
      refuse('ENOENT', 'slotDoesNotLog'),
      refuse('EINVAL', 'pagesBeyondSlot'),
      refuse('EINVAL', 'pagesNotWholeWords'),
      refuse('EFAULT', 'bitmapUnreadable'),
      accept(),
    ],
  }) as const;

/** KVM_CREATE_VCPU (kvm_vm_ioctl_create_vcpu): an id in use is detected last. */
export const createVcpuArrows = <Guard>({ refuse, recordTo }: Arrows<Guard>) => [
  refuse('EINVAL', 'vcpuIdBeyondMax'),
  refuse('EINVAL', 'vcpusFull'),
  refuse('EEXIST', 'vcpuExists'),
  recordTo('created', 'vcpu_created'),
];
