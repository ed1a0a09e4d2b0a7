import { addressOf, frameOf, offsetOf } from '../../memory/address.js';
import type { GuestMemory } from '../../memory/guest-memory.js';
import { endOf } from '../../memory/memslot.js';
import type { PvCommand } from '../../shapes/s390x-pv.js';
import { type Decision, refused } from '../../vm/decision.js';
import type { Event } from '../../vm/facts/event.js';
import type { S390xVm } from '../../vm/state.js';
import { barred, callUltravisor, dataOf, isRefusal } from './pv-call.js';
import { EXECUTED } from './ultravisor.js';

/** Most bytes of an image's header. */
const HEADER_MAX = 1n << 20n;

/** Where the VMM's addresses end. */
const USER_END = (1n << 64n) - 4096n;

/** Frame numbers are below this. */
const FRAMES = 2 ** 52;

/**
 * SET_SEC_PARMS: the header of the image, `length` bytes at the VMM's address `origin` (kvm_s390_handle_pv). EINVAL above
 * 1 MiB or if the ultravisor refuses, ENOMEM without memory for a copy, EFAULT if the header is outside the VMM's addresses.
 */
export function setSecureParameters(vm: S390xVm, command: PvCommand): Decision {
  const data = barred(vm, 'pv_protected') ?? dataOf(command, ['origin', 'length']);
  if (isRefusal(data)) return data;
  const { origin, length } = data;
  if (length > HEADER_MAX) return refused('EINVAL');
  if (length > vm.host.freeMemory) return refused('ENOMEM');
  if (origin + length > USER_END) return refused('EFAULT');
  return callUltravisor(vm, 'pv_set_sec_parms', command);
}

/** The first frame from `first` on, and below `end`, that no slot backs; `end` if all are. */
function firstUnbacked(memory: GuestMemory, first: number, end: number): number {
  let frame = first;
  while (frame < end) {
    const slot = memory.slotAt(frame);
    if (slot === undefined) return frame;
    frame = endOf(slot);
  }
  return end;
}

const unpacked = (first: number, end: number): Event[] =>
  end > first ? [{ type: 'image_unpacked', absolute: addressOf(first), pages: end - first }] : [];

/**
 * UNPACK: the ultravisor decrypts the pages of `[addr, addr + size)` in place, one after the other, up to the first that no
 * slot backs (EFAULT; the pages before it stay unpacked) or that it refuses (EINVAL) (kvm_s390_pv_unpack). EINVAL for what is
 * not whole pages or empty.
 */
export function unpack(vm: S390xVm, command: PvCommand): Decision {
  const data = barred(vm, 'pv_protected') ?? dataOf(command, ['addr', 'size', 'tweak']);
  if (isRefusal(data)) return data;
  const { addr, size } = data;
  if (offsetOf(addr) !== 0 || offsetOf(size) !== 0 || size === 0n) return refused('EINVAL');
  const first = frameOf(addr);
  const end = Math.min(first + frameOf(size), FRAMES);
  const reached = firstUnbacked(vm.memory, first, end);
  if (reached === first) return refused('EFAULT');
  const called = callUltravisor(vm, 'pv_unpack', command);
  if (called.errno) return called;
  const events = unpacked(first, reached);
  return reached < first + frameOf(size) ? refused('EFAULT', events, { ...EXECUTED }) : { ...called, events };
}
