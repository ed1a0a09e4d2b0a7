import { z } from 'zod';
import { u32, u64 } from './scalars.js';

/** The general registers of an aarch64 vCPU. */
export const AARCH64_GENERAL = Array.from({ length: 31 }, (_, number) => `x${number}` as const);

const general = Object.fromEntries(AARCH64_GENERAL.map((name) => [name, u64])) as Record<`x${number}`, typeof u64>;

/** Any subset of an aarch64 vCPU's registers (contract, shapes). */
export const aarch64Registers = z
  .strictObject({ ...general, sp: u64, pc: u64, pstate: u64 })
  .partial()
  .meta({ id: 'Aarch64Registers' });

export type Aarch64RegisterChanges = z.output<typeof aarch64Registers>;

/** A change of an aarch64 vCPU's registers by user space; effective at once. */
export const setAarch64Registers = z.strictObject({
  type: z.literal('set_aarch64_registers'),
  vcpu: u32,
  registers: aarch64Registers,
});
