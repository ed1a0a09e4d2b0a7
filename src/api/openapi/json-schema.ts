import { z } from 'zod';
import type { Json } from '../../domain/digester.js';
import { toJson } from '../../domain/json.js';

/** A JSON Schema, and those that it refers to by `#/$defs/`. */
export interface Converted {
  readonly schema: unknown;
  readonly components: Record<string, unknown>;
}

/** Base64 text; the shape also takes bytes as they are, which JSON does not have. */
const BYTES = { type: 'string', contentEncoding: 'base64' } as const;

/** Whether a schema is that of binary data, refined or not: the one union with a choice that JSON does not have. */
const isBytes = ({ _zod: { def } }: z.core.$ZodTypes): boolean =>
  def.type === 'union' && def.options.some((option) => (option as z.core.$ZodTypes)._zod.def.type === 'custom');

/** A default in its JSON form, which zod leaves out where reading changes the value. */
const defaultOf = ({ _zod: { def } }: z.core.$ZodTypes): Json | undefined =>
  def.type === 'default' ? toJson(def.defaultValue) : undefined;

/** The JSON Schema of a zod schema, as clients write it. */
export function jsonSchemaOf(schema: z.ZodType): Converted {
  const { $defs = {}, ...converted } = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-2020-12',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (isBytes(zodSchema)) {
        delete jsonSchema.anyOf;
        Object.assign(jsonSchema, BYTES);
      }
      const value = defaultOf(zodSchema);
      if (value !== undefined) jsonSchema.default = value;
    },
  });
  delete converted.$schema;
  return { schema: converted, components: $defs };
}
