import { z } from 'zod';
import { asAbsolute } from '../../memory/address.js';
import { u32, u64 } from '../../shapes/scalars.js';

/** The shape of a type of fact. */
export const fact = <Type extends string, Fields extends z.ZodRawShape>(type: Type, fields: Fields) =>
  z.strictObject({ type: z.literal(type), ...fields });

/** Runs of absolute memory. */
export const parts = z.array(z.strictObject({ absolute: u64.transform(asAbsolute), size: u32 }));
