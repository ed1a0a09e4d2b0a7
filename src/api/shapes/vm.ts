import { z } from 'zod';
import { ARCHITECTURES, vmId } from '../../domain/shapes/create-vm.js';
import { hex, located, pageShape, rfc3339 } from './output.js';

const bodyOf = <Fields extends (typeof ARCHITECTURES)[keyof typeof ARCHITECTURES]>({
  vmType,
  rules: _,
  ...fields
}: Fields) => z.strictObject({ id: vmId.optional(), type: vmType as Fields['vmType'], ...fields });

/** The body that creates a VM, by architecture. */
export const createVmBody = z
  .discriminatedUnion('arch', [
    bodyOf(ARCHITECTURES.s390x),
    bodyOf(ARCHITECTURES.x86_64),
    bodyOf(ARCHITECTURES.aarch64),
  ])
  .meta({ id: 'CreateVm' });

export type CreateVmBody = z.output<typeof createVmBody>;

export const memslotShape = z
  .strictObject({
    slot: z.int(),
    guestPhysAddr: hex,
    size: hex,
    userspaceAddr: hex,
    flags: z.array(z.string()),
  })
  .meta({ id: 'Memslot' });

const representation = {
  id: z.string(),
  name: z.string(),
  arch: z.string(),
  type: z.string(),
  semantics: z.string(),
  createdAt: rfc3339,
  updatedAt: rfc3339,
  destroyedAt: rfc3339.optional(),
  state: z.record(z.string(), z.string()).meta({ description: "the statechart's configuration by region" }),
  host: z.record(z.string(), z.unknown()),
  memslots: z.array(memslotShape),
  vcpus: z.array(z.int()),
  labels: z.record(z.string(), z.string()),
};

/** A VM as it is answered. */
export const vmShape = z.strictObject({ ...representation, ...located }).meta({ id: 'Vm' });

export const createdVm = z.strictObject({ ret: z.literal(0), ...representation, ...located }).meta({ id: 'CreatedVm' });

export const vmPage = pageShape(vmShape, {}).meta({ id: 'VmPage' });

/** What the VM's statechart is in, and what every command would be answered now. */
export const vmState = z
  .strictObject({
    state: z.record(z.string(), z.string()),
    commands: z.record(z.string(), z.string()).meta({ description: '"accepted", or the errno it would get' }),
    ...located,
  })
  .meta({ id: 'VmState' });
