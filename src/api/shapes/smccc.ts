import { z } from 'zod';
import { SMCCC_ACTION_NAMES, smccc } from '../../domain/shapes/aarch64-smccc.js';
import { exitShape } from './exit.js';
import { answered, hex } from './output.js';

/** The body that tells a call of the guest. */
export const smcccBody = smccc.omit({ type: true, vcpu: true, random: true, clock: true }).meta({ id: 'SmcccCall' });

export type SmcccBody = z.output<typeof smcccBody>;

export const smcccAnswer = answered({
  action: z
    .enum(SMCCC_ACTION_NAMES)
    .nullable()
    .meta({ description: 'what was done; null where the filter was not asked' }),
  registers: z
    .strictObject({ x0: hex, x1: hex, x2: hex, x3: hex })
    .meta({ description: 'what the guest finds, or what it passed where user space has to answer' }),
  exit: exitShape.optional(),
}).meta({ id: 'SmcccAnswer' });
