import { z } from 'zod';
import { hex } from './output.js';

/** An exception that an x86_64 guest gets. */
export const x86Exception = z
  .strictObject({
    vector: z.int(),
    name: z.string(),
    errorCode: z.int().optional(),
    address: hex.optional().meta({ description: 'of a page fault: what is in CR2' }),
  })
  .meta({ id: 'X86Exception' });
