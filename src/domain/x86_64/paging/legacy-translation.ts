import { addressOf } from '../../memory/address.js';
import { highWord, lowWord } from '../../memory/words.js';
import type { Event } from '../../vm/facts/event.js';
import { updateEntries } from './accessed-dirty.js';
import type { PagingRegisters } from '../vcpu/control.js';
import { type PagedMachine, pagingOf } from './paging.js';
import { Walker } from './walk.js';

/** What KVM_TRANSLATE answers (struct kvm_translation). */
export type LegacyAnswer = {
  readonly valid: boolean;
  readonly physicalAddress: bigint;
  readonly writeable: true;
  readonly usermode: false;
};

/** No address (INVALID_GPA). */
const NOWHERE = (1n << 64n) - 1n;

const answer = (physicalAddress: bigint): LegacyAnswer => ({
  valid: physicalAddress !== NOWHERE,
  physicalAddress,
  writeable: true,
  usermode: false,
});

/**
 * KVM_TRANSLATE (kvm_arch_vcpu_ioctl_translate; x86-translate section 12): a supervisor read whose rights are judged at the
 * leaf. The address is not checked: bits that no index takes are not used. What was found gets its accessed bits.
 */
export function translateLegacyAddress(
  vm: PagedMachine,
  registers: PagingRegisters,
  linear: bigint,
): { readonly answer: LegacyAnswer; readonly facts: readonly Event[] } {
  const paging = pagingOf(vm, registers, 'hardware');
  if (paging.mode === undefined) return { answer: answer(linear), facts: [] };
  const walker = new Walker(paging);
  const frame = walker.walk(highWord(linear), lowWord(linear), 0);
  if (frame < 0) return { answer: answer(NOWHERE), facts: [] };
  const { facts } = updateEntries(walker, linear, walker.depth + 1, false);
  return { answer: answer(addressOf(frame, Number(linear & 0xfffn))), facts };
}
