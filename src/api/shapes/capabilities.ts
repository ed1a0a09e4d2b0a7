import { z } from 'zod';
import { capability, enableCap } from '../../domain/shapes/capability.js';
import { vmId } from '../../domain/shapes/create-vm.js';
import { located, pageShape } from './output.js';

/** The path of a capability. */
export const capabilityPath = z.strictObject({ vm: vmId, cap: capability });

export type CapabilityPath = z.output<typeof capabilityPath>;

const { flags, args } = enableCap.shape;

/** The body that enables a capability. */
export const enableCapBody = z.strictObject({ flags, args }).meta({ id: 'EnableCap' });

export type EnableCapBody = z.output<typeof enableCapBody>;

const value = z.int().meta({ description: 'what KVM_CHECK_EXTENSION answers; 0 for what the VM does not have' });

/** What a check of one capability answers. */
export const capabilityAnswer = z.strictObject({ ret: value, ...located }).meta({ id: 'CapabilityAnswer' });

export const capabilityPage = pageShape(
  z
    .strictObject({
      capability: z.string(),
      number: z.int(),
      ret: value,
      enabled: z.boolean().meta({ description: 'whether KVM_ENABLE_CAP enabled it' }),
    })
    .meta({ id: 'ListedCapability' }),
  located,
).meta({ id: 'CapabilityPage' });
