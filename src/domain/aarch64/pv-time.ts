import { asAbsolute, frameOf } from '../memory/address.js';
import type { Event } from '../vm/facts/event.js';
import type { Aarch64Vm } from '../vm/state.js';
import { type Implementation, RESULT, answered, low32 } from './smccc-call.js';
import { PV_TIME } from './smccc-id.js';

/** Bytes of the record of stolen time, and what its address must be a multiple of (struct pvclock_vcpu_stolen_time). */
export const STOLEN_TIME_SIZE = 64;

const FEATURES: ReadonlySet<number> = new Set(Object.values(PV_TIME));

/** The record, begun anew with zeros; nothing where no slot can be written there any more (kvm_init_stolen_time). */
function begun({ memory }: Aarch64Vm, ipa: bigint): readonly Event[] {
  const slot = memory.slotAt(frameOf(ipa));
  if (slot === undefined || slot.flags.includes('readonly')) return [];
  const parts = [{ absolute: asAbsolute(ipa), size: STOLEN_TIME_SIZE }];
  return [
    { type: 'memory_loaded', parts, data: new Uint8Array(STOLEN_TIME_SIZE) },
    { type: 'memory_made_writable', parts },
  ];
}

/**
 * Paravirtualized time of a vCPU whose record has a place (KVM_ARM_VCPU_PVTIME_IPA); NOT_SUPPORTED without. No time is ever
 * stolen in the model.
 */
export const pvTime: ReadonlyMap<number, Implementation> = new Map<number, Implementation>([
  [
    PV_TIME.features,
    ({ caller, args: [x1] }) =>
      answered(FEATURES.has(low32(x1)) && caller.stolenTime !== undefined ? RESULT.success : RESULT.notSupported),
  ],
  [
    PV_TIME.stolen,
    ({ vm, caller: { stolenTime } }) =>
      stolenTime === undefined
        ? answered(RESULT.notSupported)
        : { ...answered(stolenTime), facts: begun(vm, stolenTime) },
  ],
]);
