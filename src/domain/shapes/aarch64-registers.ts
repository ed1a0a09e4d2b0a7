import { z } from 'zod';
import { u32, u64 } from './scalars.js';

/** The general registers of an aarch64 vCPU. */
export const AARCH64_GENERAL = [
  'x0',
  'x1',
  'x2',
  'x3',
  'x4',
  'x5',
  'x6',
  'x7',
  'x8',
  'x9',
  'x10',
  'x11',
  'x12',
  'x13',
  'x14',
  'x15',
  'x16',
  'x17',
  'x18',
  'x19',
  'x20',
  'x21',
  'x22',
  'x23',
  'x24',
  'x25',
  'x26',
  'x27',
  'x28',
  'x29',
  'x30',
] as const;

export type Aarch64General = (typeof AARCH64_GENERAL)[number];

const general = Object.fromEntries(AARCH64_GENERAL.map((name) => [name, u64])) as Record<Aarch64General, typeof u64>;

/** Any subset of an aarch64 vCPU's registers (contract, shapes). */
export const aarch64Registers = z
  .strictObject({ ...general, sp: u64, pc: u64, pstate: u64 })
  .partial()
  .meta({ id: 'Aarch64Registers' });

export type Aarch64RegisterChanges = z.output<typeof aarch64Registers>;

/** Versions of PSCI that KVM has for a vCPU with PSCI 0.2, oldest first: major << 16 | minor (KVM_ARM_PSCI_*). */
export const PSCI_VERSIONS = [0x2, 0x1_0000, 0x1_0001, 0x1_0002, 0x1_0003] as const;

/** The same, and any of the pseudo-firmware registers, which are of the VM: bitmaps of calls, and the version of PSCI. */
export const aarch64RegisterRequest = aarch64Registers
  .extend({
    firmware: z.strictObject({ std: u64, stdHyp: u64, vendorHyp: u64 }).partial(),
    psciVersion: u32,
  })
  .partial()
  .meta({ id: 'Aarch64RegisterRequest' });

export type Aarch64RegisterRequest = z.output<typeof aarch64RegisterRequest>;

/** A change of an aarch64 vCPU's registers by user space; effective at once. */
export const setAarch64Registers = z.strictObject({
  type: z.literal('set_aarch64_registers'),
  vcpu: u32,
  registers: aarch64RegisterRequest,
});
