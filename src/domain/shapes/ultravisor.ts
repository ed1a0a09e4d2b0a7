import { z } from 'zod';
import { u16 } from './scalars.js';

/** What the modelled ultravisor is told to do: with `refuse` it refuses the call that the command leads to. */
export const ultravisor = z
  .strictObject({
    refuse: z
      .strictObject({ rc: u16, rrc: u16.default(0) })
      .optional()
      .meta({ description: 'return code and reason code of the refusal' }),
  })
  .meta({ id: 'Ultravisor' });

export type Ultravisor = z.output<typeof ultravisor>;
