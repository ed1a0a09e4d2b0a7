import { z } from 'zod';
import { hex } from './output.js';

/** KVM_EXIT_HYPERCALL. */
const hypercall = z.strictObject({
  reason: z.literal('hypercall'),
  number: z.literal(3),
  nr: hex,
  args: z.array(hex).length(6),
  ret: hex,
  flags: hex.meta({ description: 'aarch64: bit 0 for SMC, bit 1 for a 16-bit instruction' }),
});

/** KVM_EXIT_SYSTEM_EVENT. */
const systemEvent = z.strictObject({
  reason: z.literal('system_event'),
  number: z.literal(24),
  type: z.int().meta({ description: 'KVM_SYSTEM_EVENT_*: 1 shutdown, 2 reset, 5 suspend' }),
  flags: hex
    .optional()
    .meta({ description: '0x1: asked for by SYSTEM_RESET2 or SYSTEM_OFF2; absent if there are none' }),
});

/** Why KVM_RUN returned to user space, where it did: by name and number, and what struct kvm_run says of it. */
export const exitShape = z.discriminatedUnion('reason', [hypercall, systemEvent]).meta({ id: 'Exit' });
