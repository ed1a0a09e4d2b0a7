import { z } from 'zod';
import { aarch64Host, s390xHost, x86Host } from './host.js';

const text = (most: number) => z.string().max(most);

/** Labels of a VM: short text by short name. */
const labels = z
  .record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/, 'must be 1 to 63 of A-Z a-z 0-9 . _ / -'), text(255))
  .refine((all) => Object.keys(all).length <= 64, 'at most 64 labels');

/** What VMs of every architecture are created with: names and semantics. */
const named = {
  name: text(255).default(''),
  semantics: z.enum(['documented', 'kernel']).default('documented'),
  labels: labels.default({}),
  /** The version of the rules that the VM follows (domain/vm/rules.ts); the edge fills it in. */
  rules: z.int().min(1).optional(),
};

/** What of a VM depends on its architecture: the kinds of VM that there are, and the machine underneath. */
export const ARCHITECTURES = {
  s390x: {
    arch: z.literal('s390x'),
    vmType: z.enum(['default', 'ucontrol']).default('default'),
    host: s390xHost.prefault({}),
    ...named,
  },
  x86_64: {
    arch: z.literal('x86_64'),
    vmType: z.enum(['default']).default('default'),
    host: x86Host.prefault({}),
    ...named,
  },
  aarch64: {
    arch: z.literal('aarch64'),
    vmType: z.enum(['default']).default('default'),
    host: aarch64Host.prefault({}),
    ...named,
  },
} as const;

export const ARCHS = Object.keys(ARCHITECTURES) as [keyof typeof ARCHITECTURES, ...(keyof typeof ARCHITECTURES)[]];

/** KVM_CREATE_VM and what the service adds to it: names, semantics and the machine underneath. */
export const createVm = z.discriminatedUnion('arch', [
  z.strictObject({ type: z.literal('create_vm'), ...ARCHITECTURES.s390x }),
  z.strictObject({ type: z.literal('create_vm'), ...ARCHITECTURES.x86_64 }),
  z.strictObject({ type: z.literal('create_vm'), ...ARCHITECTURES.aarch64 }),
]);

/** The end of a VM; its journal stays. */
export const destroyVm = z.strictObject({ type: z.literal('destroy_vm') });

/** A VM's id, as the service makes them (UUIDv7) or as a client chose it. */
export const vmId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'must be 1 to 63 of A-Z a-z 0-9 . _ -, the first a letter or digit')
  .meta({ id: 'VmId' });
