import { z } from 'zod';
import { u64 } from '../../shapes/scalars.js';
import { done } from '../../vm/decision.js';
import { type AttributeGroup, NO_PAYLOAD, attribute, lawful } from '../../vm/attribute.js';

/** KVM_S390_VM_MIGRATION (devices/vm.rst 5; kvm_s390_vm_set_migration, kvm_s390_vm_get_migration). */
export const migration: AttributeGroup = {
  name: 'migration',
  number: 4,
  hasEveryNumber: true,
  attributes: [
    attribute({
      name: 'stop',
      number: 0n,
      payload: NO_PAYLOAD,
      set: (vm) => lawful(vm, { type: 'migration_stop' }),
      has: () => undefined,
    }),
    attribute({
      name: 'start',
      number: 1n,
      payload: NO_PAYLOAD,
      set: (vm) => lawful(vm, { type: 'migration_start' }),
      has: () => undefined,
    }),
    attribute({
      name: 'status',
      number: 2n,
      payload: z.strictObject({ value: u64 }),
      get: ({ regions }) => done([], { value: regions.migration === 'on' ? 1n : 0n }),
      has: () => undefined,
    }),
  ],
};
