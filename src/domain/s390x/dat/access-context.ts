import type { GuestMemory } from '../../memory/guest-memory.js';
import type { S390xVm } from '../../vm/state.js';
import { type AddressMode, PSW, addressMode, spaceOf } from './address-mode.js';
import { FACILITY, hasFacility } from '../model/facilities.js';
import { hasInternalSlot, inInternalSlot, seenFrame } from './internal-slot.js';
import type { S390xRegisterFile, S390xVcpu } from '../vcpu/vcpu.js';
import { highWord, lowWord } from '../model/words.js';

/** Bits of control register 0, all in its lower word (PoP, "Control Registers"). */
export const CR0 = {
  lowAddressProtection: 0x10000000,
  fetchProtectionOverride: 0x02000000,
  storageProtectionOverride: 0x01000000,
  enhancedDat: 0x00800000,
  instructionExecutionProtection: 0x00100000,
} as const;

/** What an access takes from the vCPU and its VM, in the form that walks use. */
export interface AccessContext {
  readonly memory: GuestMemory;
  /** Where the storage key of a frame is, in a VM whose frames lie in an internal slot; absent in others. */
  readonly userFrame?: (frame: number) => number | undefined;
  readonly registers: S390xRegisterFile;
  /** Frame number of the prefix. */
  readonly prefixFrame: number;
  /** Whether DAT is on. */
  readonly dat: boolean;
  /** PSW bits 16-17. */
  readonly space: number;
  readonly mode: AddressMode;
  readonly lowAddressProtection: boolean;
  readonly fetchProtectionOverride: boolean;
  readonly storageProtectionOverride: boolean;
  readonly edat1: boolean;
  readonly edat2: boolean;
  readonly iep: boolean;
}

/** The context of an access by `vcpu` now; a control counts only with the facility behind it (guest_translate_gva). */
export function accessContext(
  vm: Pick<S390xVm, 'host' | 'cpuModel' | 'memory' | 'vmType' | 'rules'>,
  vcpu: S390xVcpu,
): AccessContext {
  const { registers } = vcpu;
  const pswHigh = highWord(registers.psw.mask);
  const cr0 = lowWord(registers.crs[0] ?? 0n);
  const edat1 = (cr0 & CR0.enhancedDat) !== 0 && hasFacility(vm, FACILITY.enhancedDat1);
  return {
    memory: vm.memory,
    ...(hasInternalSlot(vm) && { userFrame: (frame: number) => seenFrame(vm, vcpu, frame) }),
    registers,
    prefixFrame: registers.prefix >>> 12,
    dat: (pswHigh & PSW.datHigh) !== 0,
    space: spaceOf(pswHigh),
    mode: addressMode(pswHigh, lowWord(registers.psw.mask)),
    lowAddressProtection: (cr0 & CR0.lowAddressProtection) !== 0,
    fetchProtectionOverride: (cr0 & CR0.fetchProtectionOverride) !== 0,
    storageProtectionOverride: (cr0 & CR0.storageProtectionOverride) !== 0,
    edat1,
    edat2: edat1 && hasFacility(vm, FACILITY.enhancedDat2),
    iep: (cr0 & CR0.instructionExecutionProtection) !== 0 && hasFacility(vm, FACILITY.instructionExecutionProtection),
  };
}

/** Whether a slot is there for a frame. */
export const hasSlot = ({ memory, userFrame }: Pick<AccessContext, 'memory' | 'userFrame'>, frame: number): boolean =>
  userFrame ? inInternalSlot(frame) : memory.slotAt(frame) !== undefined;
