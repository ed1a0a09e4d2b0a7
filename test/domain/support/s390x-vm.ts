import { frameOf, fragments, partsOf } from '../../../src/domain/memory/address.js';
import { MARK } from '../../../src/domain/memory/frame-marks.js';
import type { S390xRegisterChanges } from '../../../src/domain/shapes/s390x-registers.js';
import { apply } from '../../../src/domain/vm/folds/apply.js';
import { type Event, event } from '../../../src/domain/vm/facts/event.js';
import { RULES } from '../../../src/domain/vm/rules.js';
import type { S390xVm } from '../../../src/domain/vm/state.js';

/** A piece of guest memory that is backed by a slot. */
export interface SlotOptions {
  readonly guestPhysAddr: bigint;
  readonly size: bigint;
  readonly flags?: readonly 'log_dirty_pages'[];
}

export interface VmOptions {
  /** Facilities of the machine; absent: the default machine's. */
  readonly facilities?: readonly number[];
  /** Other facts of the machine. */
  readonly host?: Readonly<Record<string, unknown>>;
  readonly semantics?: 'documented' | 'kernel';
  /** One slot from 0 on; 0: none. */
  readonly memoryMiB?: number;
  readonly logDirty?: boolean;
  /** Slots instead of the one from 0 on. */
  readonly slots?: readonly SlotOptions[];
  /** Registers of vCPU 0; no vCPU with `null`. */
  readonly registers?: S390xRegisterChanges | null;
  readonly vmType?: 'default' | 'ucontrol';
  /** The version of the rules; today's if absent. */
  readonly rules?: number;
  /** More facts, last. */
  readonly events?: readonly Event[];
}

/** Folds facts into a VM. */
export const fold = (vm: S390xVm, events: readonly Event[]): S390xVm =>
  events.reduce((state, fact) => apply(state.id, state, fact), vm);

const MIB = 1n << 20n;

/** An s390x VM with a slot of memory and vCPU 0, as its events make it. */
export function buildVm(options: VmOptions = {}): S390xVm {
  const { facilities, host = {}, semantics = 'documented', memoryMiB = 4, logDirty = false, registers = {} } = options;
  const { vmType = 'default', rules = RULES } = options;
  const whole = {
    guestPhysAddr: 0n,
    size: BigInt(memoryMiB) * MIB,
    flags: logDirty ? ['log_dirty_pages' as const] : [],
  };
  const slots: readonly SlotOptions[] = options.slots ?? (memoryMiB === 0 ? [] : [whole]);
  const created = event.parse({
    type: 'vm_created',
    arch: 's390x',
    vmType,
    semantics,
    name: '',
    labels: {},
    host: { ...host, ...(facilities && { facilities }) },
    rules,
  });
  const memslots = slots.map(({ guestPhysAddr, size, flags = [] }, slot): Event => ({
    type: 'memslot_created',
    slot,
    guestPhysAddr,
    size,
    userspaceAddr: (1n << 40n) * BigInt(slot + 1),
    flags: [...flags],
  }));
  const vcpu: Event[] = registers
    ? [
        { type: 'vcpu_created', vcpu: 0 },
        { type: 'registers_set', vcpu: 0, registers },
      ]
    : [];
  return fold(apply('vm', undefined, created) as S390xVm, [...memslots, ...vcpu, ...(options.events ?? [])]);
}

/** The VM with some registers of vCPU 0 changed; memory stays shared. */
export const withRegisters = (vm: S390xVm, registers: S390xRegisterChanges): S390xVm =>
  fold(vm, [{ type: 'registers_set', vcpu: 0, registers }]);

/** Writes bytes to absolute storage as the VMM does. */
export function load(vm: S390xVm, absolute: bigint, bytes: Uint8Array | readonly number[]): void {
  const data = Uint8Array.from(bytes);
  vm.memory.store(partsOf(fragments(absolute, data.length)), data);
}

/** Writes big-endian doublewords to absolute storage, one after the other. */
export function loadDoublewords(vm: S390xVm, absolute: bigint, ...values: readonly bigint[]): void {
  const data = new Uint8Array(8 * values.length);
  const view = new DataView(data.buffer);
  values.forEach((value, i) => view.setBigUint64(8 * i, value));
  load(vm, absolute, data);
}

/** Fills absolute storage with a byte. */
export const fill = (vm: S390xVm, absolute: bigint, size: number, byte: number): void =>
  load(vm, absolute, new Uint8Array(size).fill(byte));

/** Bytes of absolute storage. */
export const bytesAt = (vm: S390xVm, absolute: bigint, size: number): Uint8Array =>
  vm.memory.read(fragments(absolute, size));

/** The storage key of the frame that an absolute address lies in. */
export const keyAt = (vm: S390xVm, absolute: bigint): number => vm.memory.marks.get(frameOf(absolute)) & MARK.key;

export const setKey = (vm: S390xVm, absolute: bigint, key: number): void =>
  vm.memory.marks.set(frameOf(absolute), MARK.key, key);

/** Whether the dirty log has the frame of an absolute address. */
export const dirtyAt = (vm: S390xVm, absolute: bigint): boolean =>
  (vm.memory.marks.get(frameOf(absolute)) & MARK.dirty) !== 0;

/** PSW masks: DAT off or on in an address space, and an addressing mode. */
export const PSW_MASK = {
  dat: 1n << 58n,
  access_register: 1n << 46n,
  secondary: 2n << 46n,
  home: 3n << 46n,
  mode64: 0x180000000n,
  mode31: 0x80000000n,
  mode24: 0n,
} as const;

/** A PSW whose mask has the given bits. */
export const psw = (...bits: readonly bigint[]) => ({ mask: bits.reduce((mask, bit) => mask | bit, 0n), addr: 0n });
