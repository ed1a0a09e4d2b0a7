import { accept, follow, law, recordTo, refuse } from './chart-setup.js';

const able = accept();
const never = refuse('EINVAL');

/** Commands that ask for a protected VM; in which order they come is the ultravisor's business. */
const configure = (arrow: typeof able | typeof never) => ({
  pv_set_sec_parms: arrow,
  pv_unpack: arrow,
  pv_verify: arrow,
  pv_prep_reset: arrow,
  pv_unshare_all: arrow,
});

/** What a protected VM and its vCPUs answer, dumping or not (kvm_s390_vm_mem_op, kvm_s390_vcpu_mem_op, _sida_op). */
const secure = {
  ...configure(able),
  pv_enable: never,
  pv_disable: recordTo('none', 'protection_disabled'),
  pv_info: able,
  pv_async_cleanup_prepare: [
    refuse('EINVAL', 'asideKept'),
    refuse('EINVAL', 'twoGigabyteGuest'),
    recordTo('none', 'protection_set_aside'),
  ],
  vm_mem_op: refuse('EINVAL'),
  vcpu_mem_op: [refuse('ENOENT', 'noVcpu'), refuse('EINVAL')],
  sida_op: [refuse('ENOENT', 'noVcpu'), accept()],
};

/**
 * Protected virtualization (KVM_S390_PV_COMMAND; kvm_s390_handle_pv): not protected, protected, dumping. On a machine without
 * it a VM never leaves the first state.
 */
export const protection = law.createStateConfig({
  initial: 'none',
  states: {
    none: {
      on: {
        ...configure(never),
        pv_enable: [refuse('EINVAL', 'hostHasNoPv'), recordTo('protected', 'protection_enabled')],
        pv_disable: never,
        pv_info: [refuse('EINVAL', 'hostHasNoPv'), able],
        pv_async_cleanup_prepare: never,
        pv_dump_init: never,
        pv_dump_config_stor_state: never,
        pv_dump_complete: never,
        vm_mem_op: accept(),
        vcpu_mem_op: [refuse('ENOENT', 'noVcpu'), accept()],
        sida_op: [refuse('ENOENT', 'noVcpu'), refuse('EINVAL')],
      },
    },
    protected: {
      on: {
        ...secure,
        pv_dump_init: recordTo('dumping', 'dump_started'),
        pv_dump_config_stor_state: never,
        pv_dump_complete: never,
      },
    },
    dumping: {
      on: {
        ...secure,
        pv_dump_init: never,
        pv_dump_config_stor_state: able,
        pv_dump_complete: recordTo('protected', 'dump_completed'),
      },
    },
  },
});

/** A VM that was protected and waits for its destruction (kvm_s390_pv_set_aside, kvm_s390_pv_deinit_aside_vm). */
export const aside = law.createStateConfig({
  initial: 'none',
  states: {
    none: {
      on: {
        pv_async_cleanup_prepare: follow('kept', 'protected', 'largerGuest'),
        pv_async_cleanup_perform: never,
      },
    },
    kept: {
      on: {
        pv_disable: follow('none', 'protected'),
        pv_async_cleanup_perform: recordTo('none', 'aside_destroyed'),
      },
    },
  },
});
