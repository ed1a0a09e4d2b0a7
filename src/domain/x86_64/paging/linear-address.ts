import { CR4, type PagingRegisters, in64BitMode, isSet } from '../vcpu/control.js';
import type { StopReason } from './explain.js';

/** Whether bits 63 to `bits` - 1 of an address are all equal (is_noncanonical_address). */
export const isCanonical = (address: bigint, bits: number): boolean =>
  BigInt.asUintN(64, BigInt.asIntN(bits, address)) === address;

/** How many bits linear addresses have in 64-bit mode: 57 with CR4.LA57, else 48 (vcpu_virt_addr_bits). */
export const linearBits = ({ cr4 }: Pick<PagingRegisters, 'cr4'>): number => (isSet(cr4, CR4.la57) ? 57 : 48);

/** Why a linear address is impossible in the vCPU's mode, if it is (x86-translate section 4). */
export function impossible(registers: PagingRegisters, linear: bigint): StopReason | undefined {
  if (in64BitMode(registers)) return isCanonical(linear, linearBits(registers)) ? undefined : 'non_canonical';
  return linear >> 32n === 0n ? undefined : 'above_4g';
}
