import { fragments, partsOf } from '../../memory/address.js';
import type { GuestMemory } from '../../memory/guest-memory.js';
import type { X86Host } from '../../shapes/host.js';
import type { Implementation } from './hypercall-context.js';
import { tscAt } from '../vcpu/tsc.js';

/** KVM_CLOCK_PAIRING_WALLCLOCK. */
const WALLCLOCK = 0n;

/** struct kvm_clock_pairing: 64 bytes. */
const SIZE = 64;

/** The host's wall clock and the guest's TSC at one time. */
function pairing(host: X86Host, time: number): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(0, BigInt(Math.floor(time / 1000)), true);
  view.setBigInt64(8, BigInt((time % 1000) * 1_000_000), true);
  view.setBigUint64(16, tscAt(host, time), true);
  return bytes;
}

/** How many bytes from an address on can be written by KVM, page by page: a slot backs them, and is not read-only. */
function writable(memory: GuestMemory, address: bigint, size: number): number {
  let sum = 0;
  for (const { frame, size: length } of fragments(address, size)) {
    const slot = memory.slotAt(frame);
    if (slot === undefined || slot.flags.includes('readonly')) return sum;
    sum += length;
  }
  return sum;
}

/**
 * KVM_HC_CLOCK_PAIRING(a0 = guest address, a1 = clock type): writes 64 bytes (kvm_pv_clock_pairing, kvm_write_guest).
 * EOPNOTSUPP for another clock than the wall clock, or a host that does not keep time by its TSC; EFAULT if a page cannot be
 * written, after what lies before it.
 */
export const clockPairing: Implementation = ({
  vm: { host, memory },
  args: [address, type],
  command: { time = 0 },
}) => {
  if (type !== WALLCLOCK || !host.tscClocksource) return { code: 'KVM_EOPNOTSUPP' };
  const size = writable(memory, address, SIZE);
  const data = pairing(host, time).slice(0, size);
  const parts = partsOf(fragments(address, size));
  return {
    facts: size === 0 ? [] : [{ type: 'memory_stored', parts, data }],
    ...(size < SIZE && { code: 'KVM_EFAULT' as const }),
  };
};
