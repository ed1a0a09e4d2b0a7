import { accept, law, recordTo, refuse } from './chart-setup.js';

/** What the architecture refuses of a change of memory slots (kvm_arch_prepare_memory_region). */
const refusedMemslot = [
  refuse('EINVAL', 'ucontrol'),
  refuse('EINVAL', 'protected'),
  refuse('EINVAL', 'endsAboveCeiling'),
  refuse('EINVAL', 'endsAboveTopTable'),
];

/**
 * Migration mode (devices/vm.rst 5; kvm_s390_vm_start_migration, _stop_migration). It ends by itself where a slot is created,
 * moved or changed and does not log dirty pages.
 */
export const migration = law.createStateConfig({
  initial: 'off',
  states: {
    off: {
      on: {
        migration_start: [
          refuse('EINVAL', 'noSlot'),
          refuse('EINVAL', 'someSlotUnlogged', 'cmmaOn'),
          refuse('EINVAL', 'someSlotUnlogged', 'everySlotMustLog'),
          refuse('ENOMEM', 'noMemoryForMigration'),
          recordTo('on', 'migration_started'),
        ],
        migration_stop: accept(),
        set_user_memory_region: [...refusedMemslot, accept()],
      },
    },
    on: {
      on: {
        migration_start: accept(),
        migration_stop: recordTo('off', 'migration_stopped'),
        set_user_memory_region: [...refusedMemslot, recordTo('off', 'migration_stopped', 'stopsLogging'), accept()],
      },
    },
  },
});
