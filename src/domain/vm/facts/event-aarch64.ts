import { z } from 'zod';
import { SMCCC_ACTION_NAMES } from '../../shapes/aarch64-smccc.js';
import { AARCH64_MP_STATE_NAMES } from '../../shapes/aarch64-vcpu.js';
import { u32, u64 } from '../../shapes/scalars.js';

const fact = <Type extends string, Fields extends z.ZodRawShape>(type: Type, fields: Fields) =>
  z.strictObject({ type: z.literal(type), ...fields });

/** Facts about aarch64 VMs alone. */
export const aarch64Events = [
  /** A vCPU was run for the first time, so what had to be chosen before is. */
  fact('vm_ran', { vcpu: u32 }),
  fact('smccc_filter_set', {
    base: u32,
    nrFunctions: u32,
    action: z.enum(SMCCC_ACTION_NAMES),
  }),
  /** Pseudo-firmware registers, which are of the VM. */
  fact('firmware_set', {
    firmware: z.strictObject({ std: u64, stdHyp: u64, vendorHyp: u64, psciVersion: u32 }).partial(),
  }),
  fact('power_state_set', { vcpu: u32, mpState: z.enum(AARCH64_MP_STATE_NAMES) }),
  fact('vcpus_powered_off', {}),
  /** Reset, with these in its registers, and runnable. */
  fact('vcpu_powered_on', { vcpu: u32, pc: u64, x0: u64 }),
  /** What the host's counter is ahead of the guest's virtual one from now on. */
  fact('counter_offset_set', { offset: u64 }),
  /** Where the vCPU's record of stolen time is. */
  fact('stolen_time_placed', { vcpu: u32, ipa: u64 }),
] as const;
