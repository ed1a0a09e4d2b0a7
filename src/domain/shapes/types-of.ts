import type { z } from 'zod';

/** The names that a discriminated union tells its choices by, nested unions included. */
export function typesOf(shape: z.core.$ZodTypes): string[] {
  const { def, propValues } = shape._zod;
  if (def.type !== 'union') return [...(propValues?.['type'] ?? [])].map(String);
  return [...new Set(def.options.flatMap((option) => typesOf(option as z.core.$ZodTypes)))];
}
