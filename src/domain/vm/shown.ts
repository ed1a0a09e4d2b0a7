import { hex } from '../json.js';
import { addressOf } from '../memory/address.js';
import type { Memslot } from '../memory/memslot.js';
import { floatsOf } from '../s390x/vcpu/vector-registers.js';
import type { S390xRegisterFile } from '../s390x/vcpu/vcpu.js';
import type { X86Vcpu } from '../x86_64/vcpu/vcpu.js';

/** A memory slot as clients know it, in the names of KVM_SET_USER_MEMORY_REGION; addresses and size in bytes. */
export const shownMemslot = ({ slot, firstFrame, frames, firstPage, flags }: Memslot) => ({
  slot,
  guestPhysAddr: addressOf(firstFrame),
  size: BigInt(frames) << 12n,
  userspaceAddr: addressOf(firstPage),
  flags,
});

/** Registers as clients know them: access registers and the prefix as hex, like 64-bit ones (s390x shapes). */
export const shownS390xRegisters = ({ prefix, acrs, ...rest }: S390xRegisterFile) => ({
  ...rest,
  ...(rest.vrs && { fprs: floatsOf(rest) }),
  prefix: hex(prefix),
  acrs: acrs.map(hex),
});

/** A vCPU as clients know it: of the event that waits for a reply its number; what else there is of that is beside it, as `event`. */
export function shownX86Vcpu({ ipis: interrupts, waiting, ...rest }: X86Vcpu) {
  const { seq, ...event } = waiting ?? {};
  return { ...rest, ...(interrupts && { interrupts }), ...(waiting && { waiting: seq, event }) };
}
