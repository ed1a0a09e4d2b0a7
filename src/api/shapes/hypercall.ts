import { z } from 'zod';
import { hypercall } from '../../domain/shapes/x86-hypercall.js';
import { exitShape } from './exit.js';
import { answered, hex } from './output.js';
import { x86Exception } from './x86-exception.js';

/** The body that tells a hypercall of the guest. */
export const hypercallBody = hypercall
  .omit({ type: true, vcpu: true, time: true, token: true })
  .meta({ id: 'Hypercall' });

export type HypercallBody = z.output<typeof hypercallBody>;

export const hypercallAnswer = answered({
  rax: hex.optional().meta({ description: 'what the guest finds there' }),
  result: z.int().optional().meta({ description: 'the same as a signed integer; negative: -code' }),
  code: z.string().optional().meta({ description: 'the name of a negative result, as in KVM_ENOSYS' }),
  cause: z
    .enum(['ENOENT', 'EFAULT', 'EALREADY', 'EINVAL'])
    .optional()
    .meta({ description: 'why a MEM_MAP or MEM_UNMAP failed' }),
  clobbered: z.array(z.string()).optional().meta({ description: 'registers that the guest must not rely on' }),
  exception: x86Exception.optional(),
  exit: exitShape.optional(),
  waiting: z.int().optional().meta({ description: 'the seq of the event that must be replied to first' }),
}).meta({ id: 'HypercallAnswer' });
