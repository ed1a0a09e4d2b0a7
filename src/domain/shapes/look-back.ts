import { z } from 'zod';
import { u32 } from './scalars.js';

const version = z.int().min(1);

/** What can be looked at of a VM's past beside its memory, which has commands of its own. */
const PAST = ['vcpus', 'vcpu', 'interrupts', 'diff'] as const;

/** Somebody looks at a VM's past: at what, at which version of it and, if he compares, at which other one. */
export const lookBack = z.strictObject({
  type: z.literal('look_back'),
  what: z.enum(PAST),
  vcpu: u32.optional(),
  version,
  from: version.optional(),
});
