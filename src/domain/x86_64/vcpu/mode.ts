import type { X86RegisterFile } from './vcpu.js';

/** EFER.LMA: the processor is in long mode. */
export const EFER_LMA = 1n << 10n;

const U32 = (1n << 32n) - 1n;

/** Whether the vCPU executes 64-bit code (is_64_bit_mode). */
export const is64Bit = ({ efer, cs }: X86RegisterFile): boolean => (efer & EFER_LMA) !== 0n && cs.l === 1;

/** The width of the code that the vCPU executes, in bytes: 8, 4 or 2 (kvmi_vcpu_mode). */
export function codeWidth(registers: X86RegisterFile): 2 | 4 | 8 {
  if (is64Bit(registers)) return 8;
  return registers.cs.db === 1 ? 4 : 2;
}

/** What is left of a value in code of a width: all of it, or the lower 32 bits. */
export const operandOf = (value: bigint, wide: boolean): bigint => (wide ? value : value & U32);

/** Where the instruction after one of `length` bytes begins (skip_emulated_instruction). */
export const ripAfter = (rip: bigint, length: number, wide: boolean): bigint =>
  operandOf(BigInt.asUintN(64, rip + BigInt(length)), wide);
