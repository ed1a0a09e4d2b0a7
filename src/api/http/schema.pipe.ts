import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { words } from '../../domain/shapes/words.js';
import { isDeferred } from './by-arch.js';
import { fieldErrors } from './field-errors.js';
import { RequestProblem, malformedRequest } from './problem.js';

const octetBodies = new WeakSet();

/** Marks the schema of a JSON body that may also come as application/octet-stream, or not at all; such a body is passed on as it is. */
export function orOctets<Schema extends z.ZodType>(schema: Schema): Schema {
  octetBodies.add(schema);
  return schema;
}

/** What each kind of parameter is called where no field can be. */
const WHOLE = { body: 'body', query: 'query', param: 'path', custom: 'request' } as const;

/**
 * Reads a value by its shape.
 *
 * @param whole what to call the place of an error that is not in a field
 * @throws RequestProblem that names the fields that are wrong
 */
export function readBy<Schema extends z.ZodType>(schema: Schema, value: unknown, whole: string): z.output<Schema> {
  const { success, data, error } = schema.safeParse(value, { error: words });
  if (!success) throw malformedRequest(fieldErrors(error, whole));
  return data;
}

/** Reads every parameter that has a zod schema with it. A missing body counts as an empty one. */
@Injectable()
export class SchemaPipe implements PipeTransform {
  transform(value: unknown, { schema, type }: ArgumentMetadata): unknown {
    if (schema === undefined) return value;
    if (type === 'body' && (value === undefined || value instanceof Uint8Array)) {
      if (octetBodies.has(schema)) return value;
      if (value !== undefined) throw new RequestProblem('unsupported_media_type', 'the body must be application/json');
    }
    const given = type === 'body' && value === undefined ? {} : value;
    return isDeferred(schema) ? given : readBy(schema as z.ZodType, given, WHOLE[type]);
  }
}
