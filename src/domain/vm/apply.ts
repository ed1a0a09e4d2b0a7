import { PAGE_SIZE, type Part, fragments, frameOf } from '../memory/address.js';
import { MARK } from '../memory/frame-marks.js';
import { GuestMemory } from '../memory/guest-memory.js';
import { type Memslot, endOf, logsDirty } from '../memory/memslot.js';
import { KEY } from '../memory/storage-key.js';
import { PREFIX_MASK, type S390xVcpu, newVcpu } from '../s390x/vcpu.js';
import type { S390xRegisterChanges } from '../shapes/s390x-registers.js';
import type { Event, EventOf, EventType } from './event.js';
import { INITIAL_REGIONS, type Regions, type Vm } from './state.js';

type Fold<Type extends EventType> = (vm: Vm, event: EventOf<Type>) => Vm;

const EVERYTHING = MARK.key | MARK.usage | MARK.nodat | MARK.cmmaDirty | MARK.dirty;

const region =
  (changes: Partial<Regions>) =>
  (vm: Vm): Vm => ({ ...vm, regions: { ...vm.regions, ...changes } });

const withVcpu = (vm: Vm, id: number, change: (vcpu: S390xVcpu) => S390xVcpu): Vm => {
  const vcpu = vm.vcpus.get(id);
  return vcpu ? { ...vm, vcpus: new Map(vm.vcpus).set(id, change(vcpu)) } : vm;
};

const eachVcpu = (vm: Vm, change: (vcpu: S390xVcpu) => S390xVcpu): Vm => ({
  ...vm,
  vcpus: new Map([...vm.vcpus].map(([id, vcpu]) => [id, change(vcpu)])),
});

/** Slots with `slot` changed by `change`, or without it where that answers nothing. */
function changeSlot(vm: Vm, number: number, change: (slot: Memslot) => Memslot | undefined): Vm {
  const slots = vm.memory.slots.flatMap((slot) => (slot.slot === number ? (change(slot) ?? []) : [slot]));
  return { ...vm, memory: vm.memory.withSlots(slots) };
}

const clearMarks = (vm: Vm, slot: Memslot, mask: number): void =>
  vm.memory.marks.clear(mask, slot.firstFrame, endOf(slot));

const withCmmaDirtyPages = ({ cmmaDirtyPages: _, ...vm }: Vm, count: number): Vm =>
  count > 0 ? { ...vm, cmmaDirtyPages: count } : vm;

/** The frames of a slot whose CMMA state waits to be collected. */
function cmmaDirtyIn({ memory }: Vm, number: number): number {
  const slot = memory.slots.find((candidate) => candidate.slot === number);
  if (slot === undefined) return 0;
  const marked = [...memory.marks.having(MARK.cmmaDirty, slot.firstFrame, endOf(slot))].length;
  return slot.cmmaDirty ? slot.frames - marked : marked;
}

/** Every frame of every slot becomes CMMA-dirty (kvm_s390_vm_start_migration). */
function allCmmaDirty(vm: Vm): Vm {
  const slots = vm.memory.slots.map((slot): Memslot => ({ ...slot, cmmaDirty: true }));
  const count = slots.reduce((sum, { frames }) => sum + frames, 0);
  return withCmmaDirtyPages({ ...vm, memory: vm.memory.withSlots(slots) }, count);
}

/** No frame is CMMA-dirty any more, and the bits of `mask` are clear; what is counted stays (dat_reset_cmma). */
function forgetCmmaDirty(vm: Vm, mask: number): Vm {
  for (const slot of vm.memory.slots) clearMarks(vm, slot, mask);
  const slots = vm.memory.slots.map(({ cmmaDirty: _, ...slot }): Memslot => slot);
  return { ...vm, memory: vm.memory.withSlots(slots) };
}

/** Sets key bits in the frames of `parts`, and the dirty bit where `dirty` says so and the slot logs. */
function touch(memory: GuestMemory, parts: readonly Part[], keyBits: number, dirty: boolean): void {
  for (const part of parts) {
    for (const { frame } of fragments(part.absolute, part.size)) {
      const slot = memory.slotAt(frame);
      const bits = keyBits | (dirty && slot !== undefined && logsDirty(slot) ? MARK.dirty : 0);
      memory.marks.set(frame, bits, bits);
    }
  }
}

const replaced = <Value>(
  values: readonly Value[],
  changes: Readonly<Record<string, Value>> | undefined,
): readonly Value[] => (changes ? values.map((value, i) => changes[String(i)] ?? value) : values);

function changeRegisters(vcpu: S390xVcpu, changes: S390xRegisterChanges): S390xVcpu {
  const { gprs, crs, acrs, prefix, ...scalars } = changes;
  const before = vcpu.registers;
  const present = Object.fromEntries(Object.entries(scalars).filter(([, value]) => value !== undefined));
  return {
    ...vcpu,
    registers: {
      ...before,
      ...present,
      prefix: prefix === undefined ? before.prefix : prefix & PREFIX_MASK,
      gprs: replaced(before.gprs, gprs),
      crs: replaced(before.crs, crs),
      acrs: replaced(before.acrs, acrs),
    },
  };
}

const unprotected = ({ id, mpState, registers, pending }: S390xVcpu): S390xVcpu => ({
  id,
  mpState,
  registers,
  pending,
});

const unprotect = (changes: Partial<Regions>) => (vm: Vm) =>
  region({ protection: 'none', ...changes })(eachVcpu(vm, unprotected));

const folds: { readonly [Type in Exclude<EventType, 'vm_created'>]: Fold<Type> } = {
  vm_destroyed: region({ lifecycle: 'destroyed' }),
  vcpu_created: (vm, { vcpu }) => {
    const created = newVcpu(vcpu);
    const secure = vm.regions.protection === 'none' ? created : { ...created, sida: new Uint8Array(PAGE_SIZE) };
    return region({ vcpus: 'created' })({ ...vm, vcpus: new Map(vm.vcpus).set(vcpu, secure) });
  },
  registers_set: (vm, { vcpu, registers }) => withVcpu(vm, vcpu, (before) => changeRegisters(before, registers)),

  memslot_created: (vm, { slot, guestPhysAddr, size, userspaceAddr, flags }) => {
    const created = {
      slot,
      firstFrame: frameOf(guestPhysAddr),
      frames: frameOf(size),
      firstPage: frameOf(userspaceAddr),
      flags,
    };
    return { ...vm, memory: vm.memory.withSlots([...vm.memory.slots, created]) };
  },
  memslot_moved: (vm, { slot, guestPhysAddr }) => {
    const cmmaDirty = cmmaDirtyIn(vm, slot);
    const after = changeSlot(vm, slot, ({ cmmaDirty: _, ...before }) => {
      const moved = { ...before, firstFrame: frameOf(guestPhysAddr) };
      const dirty = [...vm.memory.marks.having(MARK.dirty, before.firstFrame, endOf(before))];
      clearMarks(vm, before, EVERYTHING);
      for (const frame of dirty)
        vm.memory.marks.set(moved.firstFrame + frame - before.firstFrame, MARK.dirty, MARK.dirty);
      return moved;
    });
    return withCmmaDirtyPages(after, (vm.cmmaDirtyPages ?? 0) - cmmaDirty);
  },
  memslot_flags_changed: (vm, { slot, flags }) =>
    changeSlot(vm, slot, (before) => {
      const after = { ...before, flags };
      if (!logsDirty(after)) clearMarks(vm, before, MARK.dirty);
      return after;
    }),
  memslot_deleted: (vm, { slot }) => {
    const dirty = cmmaDirtyIn(vm, slot);
    const after = changeSlot(vm, slot, (before) => {
      clearMarks(vm, before, EVERYTHING);
      return undefined;
    });
    return withCmmaDirtyPages(after, (vm.cmmaDirtyPages ?? 0) - dirty);
  },
  dirty_log_taken: (vm, { slot: number }) => {
    const slot = vm.memory.slots.find((candidate) => candidate.slot === number);
    if (slot) clearMarks(vm, slot, MARK.dirty);
    return vm;
  },

  memory_loaded: (vm, { parts, data }) => {
    vm.memory.store(parts, data);
    return vm;
  },
  memory_read: (vm, { parts }) => {
    touch(vm.memory, parts, KEY.reference, false);
    return vm;
  },
  memory_stored: (vm, { parts, data }) => {
    vm.memory.store(parts, data);
    touch(vm.memory, parts, KEY.reference | KEY.change, true);
    return vm;
  },
  memory_compared: (vm, { parts }) => {
    touch(vm.memory, parts, KEY.reference, true);
    return vm;
  },
  memory_made_writable: (vm, { parts }) => {
    touch(vm.memory, parts, 0, true);
    return vm;
  },
  sida_stored: (vm, { vcpu, offset, data }) =>
    withVcpu(vm, vcpu, (before) => {
      const sida = Uint8Array.from(before.sida ?? new Uint8Array(PAGE_SIZE));
      sida.set(data, offset);
      return { ...before, sida };
    }),
  program_interrupt_queued: (vm, { vcpu, code, transExcCode, excAccessId }) =>
    withVcpu(vm, vcpu, (before) => ({
      ...before,
      pending: [{ type: 'program_int', code, transExcCode, excAccessId }],
    })),

  cmma_enabled: region({ cmma: 'on' }),
  cmma_cleared: (vm) => forgetCmmaDirty(vm, MARK.usage | MARK.nodat | MARK.cmmaDirty),
  mem_limit_set: (vm, { topTable }) => ({ ...vm, topTable }),
  migration_started: (vm) => region({ migration: 'on' })(vm.regions.cmma === 'on' ? allCmmaDirty(vm) : vm),
  migration_stopped: (vm) => {
    const stopped = region({ migration: 'off' })(vm);
    return vm.regions.cmma === 'on' ? withCmmaDirtyPages(forgetCmmaDirty(stopped, MARK.cmmaDirty), 0) : stopped;
  },

  protection_enabled: (vm) =>
    region({ protection: 'protected' })(eachVcpu(vm, (vcpu) => ({ ...vcpu, sida: new Uint8Array(PAGE_SIZE) }))),
  protection_disabled: unprotect({ aside: 'none' }),
  dump_started: region({ protection: 'dumping' }),
  dump_completed: region({ protection: 'protected' }),
  protection_set_aside: unprotect({ aside: 'kept' }),
  aside_destroyed: region({ aside: 'none' }),
};

/** The state of a VM that was just created, before its ledger knows it; its host object is its own. */
const created = (id: string, { arch, vmType, semantics, name, labels, host }: EventOf<'vm_created'>): Vm => ({
  id,
  name,
  arch,
  vmType,
  semantics,
  labels,
  host: { ...host },
  ledger: { version: 0, createdAt: '', updatedAt: '' },
  regions: INITIAL_REGIONS,
  vcpus: new Map(),
  memory: GuestMemory.empty(),
});

/**
 * Folds one fact into a VM; undefined is the VM before `vm_created`. Decides nothing.
 *
 * The answer shares `vm.memory`, which is changed in place: `vm` must not be used again unless it was forked.
 */
export function apply(id: string, vm: Vm | undefined, event: Event): Vm {
  if (event.type === 'vm_created') return created(id, event);
  if (vm === undefined) throw new Error(`${event.type} happened to a VM that was never created`);
  return (folds[event.type] as Fold<EventType>)(vm, event);
}

/** What a record adds to the state beside its facts. */
export interface Entry {
  readonly vm: string;
  readonly version: number;
  readonly time: string;
  readonly events: readonly Event[];
}

/** Folds one record into a VM; a stream may begin with refusals, so the answer may still be undefined. */
export function applyEntry(vm: Vm | undefined, { vm: id, version, time, events }: Entry): Vm | undefined {
  const after = events.reduce<Vm | undefined>((state, event) => apply(id, state, event), vm);
  if (after === undefined) return undefined;
  const createdAt = vm?.ledger.createdAt ?? time;
  const destroyedAt = after.regions.lifecycle === 'destroyed' ? (vm?.ledger.destroyedAt ?? time) : undefined;
  return { ...after, ledger: { version, createdAt, updatedAt: time, ...(destroyedAt && { destroyedAt }) } };
}
