import { z } from 'zod';
import { abiEnum, bytes, u16, u32, u64 } from './scalars.js';

/** enum kvm_smccc_filter_action. */
export const SMCCC_ACTIONS = { handle: 0, deny: 1, fwd_to_user: 2 } as const;

export type SmcccAction = keyof typeof SMCCC_ACTIONS;

export const SMCCC_ACTION_NAMES = Object.keys(SMCCC_ACTIONS) as [SmcccAction, ...SmcccAction[]];

/** Bytes of struct kvm_smccc_filter that must be 0. */
const PAD_SIZE = 15;

/** struct kvm_smccc_filter; without `pad` the padding is 0. */
export const smcccFilter = z.strictObject({
  base: u32,
  nrFunctions: u32,
  action: abiEnum(SMCCC_ACTIONS).refine(
    (action) => typeof action === 'string' || action < 256,
    'must be a name, or a number of 8 bits',
  ),
  pad: bytes.refine(({ length }) => length === PAD_SIZE, `must be ${PAD_SIZE} bytes`).optional(),
});

export type SmcccFilterRequest = z.output<typeof smcccFilter>;

/** Bytes of the host's randomness that a call for random bits is given. */
export const RANDOM_SIZE = 24;

/** Arguments of a call: x1 to x17 (DEN 0028, section 4.1). */
const ARGUMENTS_MAX = 17;

/**
 * The guest executes HVC or SMC. `functionId` is all of x0, `args` x1 and on. `random` and `clock` are what the host had to
 * give when the command was decided, for calls that take it.
 */
export const smccc = z.strictObject({
  type: z.literal('smccc'),
  vcpu: u32,
  conduit: z.enum(['hvc', 'smc']),
  functionId: u64,
  args: z.array(u64).max(ARGUMENTS_MAX).default([]),
  immediate: u16.default(0),
  thumb: z.boolean().default(false).meta({ description: 'a 16-bit instruction of AArch32' }),
  random: bytes.optional(),
  clock: z.strictObject({ realTime: u64, counter: u64 }).optional(),
});
