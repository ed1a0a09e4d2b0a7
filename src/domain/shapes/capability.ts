import { z } from 'zod';
import { u32, u64 } from './scalars.js';

/** A capability: its name in lower case without KVM_CAP_, or its number. What is not known is the machine's business. */
export const capability = z.union([z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be a name or a number'), u32]);

/** KVM_ENABLE_CAP on the VM (struct kvm_enable_cap). No capability of a VM looks at `args`. */
export const enableCap = z.strictObject({
  type: z.literal('enable_cap'),
  cap: capability,
  flags: u32.default(0),
  args: z.array(u64).max(4).default([]),
});
