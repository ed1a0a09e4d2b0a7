import { z } from 'zod';
import { vmId } from '../../domain/shapes/create-vm.js';

/** The body that starts a replay: of one VM, or of all. */
export const replayBody = z.strictObject({ vm: vmId.optional() }).meta({ id: 'StartReplay' });

export type ReplayBody = z.output<typeof replayBody>;

const divergence = z
  .strictObject({
    position: z.int(),
    vm: z.string(),
    version: z.int(),
    what: z.string(),
    expected: z.unknown(),
    got: z.unknown(),
  })
  .meta({ id: 'Divergence' });

/** A replay as it is answered. */
export const replayShape = z
  .strictObject({
    id: z.string(),
    vm: z.string().optional(),
    state: z.enum(['running', 'done', 'failed']),
    checked: z.int(),
    total: z.int(),
    erased: z.int().meta({ description: 'records of which an erasure left no more than the facts to check' }),
    divergences: z.array(divergence),
    error: z.string().optional(),
  })
  .meta({ id: 'Replay' });
