import { not, stateIn } from 'xstate';
import { endOf, logsDirty } from '../../memory/memslot.js';
import { KVM_USER_MEM_SLOTS } from '../../memory/memslot-limits.js';
import { MARKS_MAX } from '../../shapes/s390x-marks.js';
import type { MarksRequest, S390xLawEvent } from '../../vm/law/law.js';
import { documented } from '../../vm/semantics.js';
import type { S390xVm } from '../../vm/state.js';
import { SPAN } from '../dat/address-space.js';
import { vcpuGuards } from './chart-guards-vcpu.js';
import { attributeGuards } from './chart-attribute-guards.js';
import { isFull } from '../interrupts/floating.js';
import { hasInternalSlot } from '../dat/internal-slot.js';
import { machineOf } from '../model/machine.js';
import { NO_MEM_LIMIT, memLimit, topTableOf } from '../dat/memory-limit.js';
import { someProtected } from '../pv/secure-cpu.js';
import { configurationStorage, cpuStorage } from '../pv/ultravisor.js';

/** An event of the chart: a command, and the VM that it is given to, to be read only. */
export type ChartEvent = S390xLawEvent & { readonly vm: S390xVm };

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
const migrationState = ({ memory }: S390xVm): bigint =>
  memory.slots.reduce((sum, { frames }) => sum + BigInt(Math.ceil(frames / 8)), 0n);

const toldToRefuse = (event: ChartEvent): boolean => 'ultravisorRefuses' in event && event.ultravisorRefuses;

const lacksMemory = ({ host }: S390xVm, bytes: bigint): boolean => host.freeMemory < bytes;

/** Every condition that an arrow of the chart can depend on, by name. */
export const guards = {
  live: stateIn({ lifecycle: 'live' }),
  noVcpu: stateIn({ vcpus: 'none' }),
  vcpuCreated: stateIn({ vcpus: 'created' }),
  cmmaOn: stateIn({ cmma: 'on' }),
  cmmaOff: stateIn({ cmma: 'off' }),
  migrating: stateIn({ migration: 'on' }),
  notMigrating: stateIn({ migration: 'off' }),
  protected: not(stateIn({ protection: 'none' })),
  asideKept: stateIn({ aside: 'kept' }),
  ...vcpuGuards,

  ucontrol: ({ event }: Asked) => event.vm.vmType === 'ucontrol',
  hostHasNoCmma: ({ event }: Asked) => !event.vm.host.cmma,
  hostHasNoPv: ({ event }: Asked) => !event.vm.host.protectedVirtualization,
  hostDestroysLater: ({ event }: Asked) => machineOf(event.vm.host).asyncDestroy,
  hostDestroysAtOnce: ({ event }: Asked) => !machineOf(event.vm.host).asyncDestroy,

  vcpuIdBeyondMax: ({ event }: Asked) => event.type === 'create_vcpu' && event.vcpu >= MAX_VCPUS,
  vcpusFull: ({ event }: Asked) => event.vm.vcpus.size >= MAX_VCPUS,
  vcpuIdBeyondSca: ({ event }: Asked) =>
    event.type === 'create_vcpu' && event.vm.vmType !== 'ucontrol' && event.vcpu >= SCA_ENTRIES,
  vcpuExists: ({ event }: Asked) => event.type === 'create_vcpu' && event.vm.vcpus.has(event.vcpu),

  noMemory: ({ event: { vm } }: Asked) => vm.memory.slots.length === 0,
  /** Whether no slot is there, the internal one counted in. */
  noFrames: ({ event: { vm } }: Asked) => vm.memory.slots.length === 0 && !hasInternalSlot(vm),
  /** A UCONTROL VM has one slot of its own, which does not log (kvm_arch_init_vm). */
  noSlot: ({ event: { vm } }: Asked) => vm.memory.slots.length === 0 && vm.vmType !== 'ucontrol',
  someSlotUnlogged: ({ event: { vm } }: Asked) => vm.vmType === 'ucontrol' || !vm.memory.slots.every(logsDirty),
  everySlotMustLog: ({ event }: Asked) => documented(event.vm, 'migrationNeedsDirtyLog'),
  noMemoryForMigration: ({ event: { vm } }: Asked) =>
    documented(vm, 'migrationNeedsDirtyLog') && lacksMemory(vm, migrationState(vm)),

  ultravisorRefuses: ({ event }: Asked) => toldToRefuse(event),
  ultravisorAgrees: ({ event }: Asked) => !toldToRefuse(event),
  ultravisorKeepsVcpus: ({ event }: Asked) => toldToRefuse(event) && someProtected(event.vm),
  ultravisorLetsVcpusGo: ({ event }: Asked) => !(toldToRefuse(event) && someProtected(event.vm)),
  noMemoryForConfiguration: ({ event: { vm } }: Asked) => lacksMemory(vm, configurationStorage(vm)),
  noMemoryForSecureCpus: ({ event: { vm } }: Asked) => lacksMemory(vm, configurationStorage(vm) + cpuStorage(vm)),

  slotIdBeyondMax: ({ event }: Asked) => event.type === 'get_dirty_log' && event.slot >= KVM_USER_MEM_SLOTS.s390x,
  slotDoesNotLog: ({ event }: Asked) =>
    event.type === 'get_dirty_log' &&
    !event.vm.memory.slots.some((slot) => slot.slot === event.slot && logsDirty(slot)),
  endsAboveCeiling: ({ event }: Asked) => placed(event) && event.end > framesOf(memLimit(event.vm)),
  endsAboveTopTable: ({ event }: Asked) => placed(event) && event.end > framesOf(SPAN[topTableOf(event.vm)]),
  stopsLogging: ({ event }: Asked) => event.type === 'set_user_memory_region' && event.kind !== 'delete' && !event.logs,

  keyOperationUnknown: ({ event }: Asked) => event.type === 's390_keyop' && !event.known,
  markFlagsUnknown: ({ event }: Asked) => asksMarks(event) && !event.flagsKnown,
  keyCountBeyondBounds: ({ event }: Asked) => asksMarks(event) && (event.count < 1n || event.count > MARKS_MAX),
  cmmaCountBeyondMax: ({ event }: Asked) => asksMarks(event) && event.count > MARKS_MAX,
  noMarks: ({ event }: Asked) => asksMarks(event) && event.count === 0n,
  noMemoryForMarks: ({ event }: Asked) =>
    asksMarks(event) && lacksMemory(event.vm, event.count < MARKS_MAX ? event.count : BigInt(MARKS_MAX)),
  marksUnreadable: ({ event }: Asked) => asksMarks(event) && !event.readable,
  collects: ({ event }: Asked) => asksMarks(event) && !event.peek,
  nothingToCollect: ({ event }: Asked) => event.vm.cmmaDirtyPages === undefined,

  floatingUnreadable: ({ event }: Asked) => event.type === 'inject_vm_irq' && !event.readable,
  floatingUnknown: ({ event }: Asked) => event.type === 'inject_vm_irq' && event.floating === undefined,
  floatingFull: ({ event }: Asked) =>
    event.type === 'inject_vm_irq' && event.floating !== undefined && isFull(event.vm.floating ?? [], event.floating),

  noPayload: ({ event }: Asked) => event.type === 'limit_mem_size' && event.limit === undefined,
  limitAboveCeiling: ({ event }: Asked) => {
    const ceiling = memLimit(event.vm);
    return ceiling !== NO_MEM_LIMIT && limitOf(event) > ceiling;
  },
  limitZero: ({ event }: Asked) => limitOf(event) === 0n,
  slotAboveLimit: ({ event }: Asked) => event.vm.memory.slots.some((slot) => endOf(slot) > framesOf(limitOf(event))),
  noMemoryForTopTable: ({ event }: Asked) => lacksMemory(event.vm, TABLE_SIZE),
  memoryForTopTable: ({ event }: Asked) => !lacksMemory(event.vm, TABLE_SIZE),
  twoGigabyteGuest: ({ event }: Asked) => topTableOf(event.vm) === 'segment',
  largerGuest: ({ event }: Asked) => topTableOf(event.vm) !== 'segment',
  ...attributeGuards,
} as const;

export type GuardName = keyof typeof guards;

const limitOf = (event: ChartEvent): bigint => (event.type === 'limit_mem_size' ? (event.limit ?? 0n) : 0n);

const asksMarks = (event: ChartEvent): event is ChartEvent & MarksRequest => 'flagsKnown' in event;

const placed = (event: ChartEvent): event is ChartEvent & { type: 'set_user_memory_region' } =>
  event.type === 'set_user_memory_region' && (event.kind === 'create' || event.kind === 'move');
