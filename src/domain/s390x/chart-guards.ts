import { not, stateIn } from 'xstate';
import { endOf, logsDirty } from '../memory/memslot.js';
import { KVM_USER_MEM_SLOTS } from '../memory/memslot-limits.js';
import type { LawEvent } from '../vm/law.js';
import { documented } from '../vm/semantics.js';
import type { Vm } from '../vm/state.js';
import { SPAN } from './address-space.js';
import { NO_MEM_LIMIT, memLimit, topTableOf } from './memory-limit.js';

/** An event of the chart: a command, and the VM that it is given to, to be read only. */
export type ChartEvent = LawEvent & { readonly vm: Vm };

interface Asked {
  readonly event: ChartEvent;
}

/** KVM_MAX_VCPU_IDS and KVM_MAX_VCPUS. */
const MAX_VCPUS = 255;

/** vCPUs that an extended SCA has entries for (sca_can_add_vcpu). */
const SCA_ENTRIES = 248;

/** Bytes of a region or segment table (PoP, translation tables). */
const TABLE_SIZE = 16384n;

const framesOf = (bytes: bigint): number => Number(bytes >> 12n);

/** MIGRATION_START's own memory: one bit a page of each slot. */
const migrationState = ({ memory }: Vm): bigint =>
  memory.slots.reduce((sum, { frames }) => sum + BigInt(Math.ceil(frames / 8)), 0n);

const lacksMemory = ({ host }: Vm, bytes: bigint): boolean => host.freeMemory < bytes;

/** Every condition that an arrow of the chart can depend on, by name. */
export const guards = {
  live: stateIn({ lifecycle: 'live' }),
  noVcpu: stateIn({ vcpus: 'none' }),
  vcpuCreated: stateIn({ vcpus: 'created' }),
  cmmaOn: stateIn({ cmma: 'on' }),
  protected: not(stateIn({ protection: 'none' })),
  asideKept: stateIn({ aside: 'kept' }),

  ucontrol: ({ event }: Asked) => event.vm.vmType === 'ucontrol',
  hostHasNoCmma: ({ event }: Asked) => !event.vm.host.cmma,
  hostHasNoPv: ({ event }: Asked) => !event.vm.host.protectedVirtualization,

  vcpuIdBeyondMax: ({ event }: Asked) => event.type === 'create_vcpu' && event.vcpu >= MAX_VCPUS,
  vcpusFull: ({ event }: Asked) => event.vm.vcpus.size >= MAX_VCPUS,
  vcpuIdBeyondSca: ({ event }: Asked) =>
    event.type === 'create_vcpu' && event.vm.vmType !== 'ucontrol' && event.vcpu >= SCA_ENTRIES,
  vcpuExists: ({ event }: Asked) => event.type === 'create_vcpu' && event.vm.vcpus.has(event.vcpu),

  noMemory: ({ event: { vm } }: Asked) => vm.memory.slots.length === 0,
  /** A UCONTROL VM has one slot of its own, which does not log (kvm_arch_init_vm). */
  noSlot: ({ event: { vm } }: Asked) => vm.memory.slots.length === 0 && vm.vmType !== 'ucontrol',
  someSlotUnlogged: ({ event: { vm } }: Asked) => vm.vmType === 'ucontrol' || !vm.memory.slots.every(logsDirty),
  everySlotMustLog: ({ event }: Asked) => documented(event.vm, 'migrationNeedsDirtyLog'),
  noMemoryForMigration: ({ event: { vm } }: Asked) =>
    documented(vm, 'migrationNeedsDirtyLog') && lacksMemory(vm, migrationState(vm)),

  slotIdBeyondMax: ({ event }: Asked) => event.type === 'get_dirty_log' && event.slot >= KVM_USER_MEM_SLOTS,
  slotDoesNotLog: ({ event }: Asked) =>
    event.type === 'get_dirty_log' &&
    !event.vm.memory.slots.some((slot) => slot.slot === event.slot && logsDirty(slot)),
  endsAboveCeiling: ({ event }: Asked) => placed(event) && event.end > framesOf(memLimit(event.vm)),
  endsAboveTopTable: ({ event }: Asked) => placed(event) && event.end > framesOf(SPAN[topTableOf(event.vm)]),
  stopsLogging: ({ event }: Asked) => event.type === 'set_user_memory_region' && event.kind !== 'delete' && !event.logs,

  noPayload: ({ event }: Asked) => event.type === 'limit_mem_size' && event.limit === undefined,
  limitAboveCeiling: ({ event }: Asked) => {
    const ceiling = memLimit(event.vm);
    return ceiling !== NO_MEM_LIMIT && limitOf(event) > ceiling;
  },
  limitZero: ({ event }: Asked) => limitOf(event) === 0n,
  slotAboveLimit: ({ event }: Asked) => event.vm.memory.slots.some((slot) => endOf(slot) > framesOf(limitOf(event))),
  noMemoryForTopTable: ({ event }: Asked) => lacksMemory(event.vm, TABLE_SIZE),
  twoGigabyteGuest: ({ event }: Asked) => topTableOf(event.vm) === 'segment',
  largerGuest: ({ event }: Asked) => topTableOf(event.vm) !== 'segment',
} as const;

export type GuardName = keyof typeof guards;

const limitOf = (event: ChartEvent): bigint => (event.type === 'limit_mem_size' ? (event.limit ?? 0n) : 0n);

const placed = (event: ChartEvent): event is ChartEvent & { type: 'set_user_memory_region' } =>
  event.type === 'set_user_memory_region' && (event.kind === 'create' || event.kind === 'move');
