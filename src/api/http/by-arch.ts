import { z } from 'zod';
import type { Arch } from '../../domain/vm/state.js';

/** The shapes of a body that depends on the architecture of the VM of the path. */
export type BodyShapes = Readonly<Record<Arch, z.ZodType>>;

/** A body of which only the VM tells how to read it. */
export interface BodyByArch<Shapes extends BodyShapes> extends z.ZodUnion<[Shapes[Arch], ...Shapes[Arch][]]> {
  readonly shapes: Shapes;
}

const deferred = new WeakMap<object, BodyShapes>();

/** Whether a body is read once the VM is known (`Commands.bodyFor`), and passed on as it came until then. */
export const isDeferred = (schema: object): boolean => deferred.has(schema);

/** A body that is read by the shape of the VM's architecture; in the OpenAPI document it is any of them. */
export function byArch<const Shapes extends BodyShapes>(shapes: Shapes): BodyByArch<Shapes> {
  const different = [...new Set<z.ZodType>(Object.values(shapes))] as [Shapes[Arch], ...Shapes[Arch][]];
  const union = Object.assign(z.union(different), { shapes }) as BodyByArch<Shapes>;
  deferred.set(union, shapes);
  return union;
}
