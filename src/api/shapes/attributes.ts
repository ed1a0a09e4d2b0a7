import { z } from 'zod';
import { getDeviceAttr } from '../../domain/shapes/device-attribute.js';
import { vmId } from '../../domain/shapes/create-vm.js';
import { u32 } from '../../domain/shapes/scalars.js';
import { hex, located, pageShape } from './output.js';
import { vcpuPath } from './path.js';

const { group, attr } = getDeviceAttr.shape;

/** The path of an attribute. */
export const attributePath = z.strictObject({ vm: vmId, group, attribute: attr });

export type AttributePath = z.output<typeof attributePath>;

/** The path of an attribute of a vCPU. */
export const vcpuAttributePath = z.strictObject({ ...vcpuPath.shape, group, attribute: attr });

export type VcpuAttributePath = z.output<typeof vcpuAttributePath>;

const flags = u32.default(0).meta({ description: "the kernel's flags field of the call" });

/** The body that sets an attribute: its payload's fields, whatever they are, and `flags`. */
export const attributeBody = z.object({ flags }).catchall(z.json()).meta({ id: 'AttributePayload' });

export type AttributeBody = z.output<typeof attributeBody>;

export const attributeQuery = z.strictObject({ flags });

/** What GET of an attribute answers: the fields of its payload. */
export const attributeAnswer = z
  .object({ ret: z.literal(0), ...located })
  .catchall(z.unknown())
  .meta({ id: 'AttributeAnswer' });

export const attributePage = pageShape(
  z
    .strictObject({
      group: z.string(),
      attribute: z.string(),
      groupNumber: z.int(),
      attributeNumber: hex,
      ret: z.int().meta({ description: 'what HAS would answer' }),
      errno: z.string().optional(),
    })
    .meta({ id: 'ListedAttribute' }),
  located,
).meta({ id: 'AttributePage' });
