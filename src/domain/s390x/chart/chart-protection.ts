import { accept, follow, law, record, recordTo, refuse } from './chart-setup.js';

const able = accept();
const never = refuse('EINVAL');

/** What the ultravisor decides: in which order these come is its business. */
const asked = [refuse('EINVAL', 'ultravisorRefuses'), able];

/** Commands that ask for a protected VM and nothing else. */
const configure = <Arrow>(arrow: Arrow) => ({
  pv_protected: arrow,
  pv_set_sec_parms: arrow,
  pv_verify: arrow,
  pv_prep_reset: arrow,
  pv_unshare_all: arrow,
});

/** Accesses of a vCPU that is not protected, also in a protected VM; the host has no way to the pages of the latter. */
const unprotectedVcpu = {
  unprotected_vcpu_mem_op: [refuse('ENOENT', 'noVcpu'), able],
  unprotected_sida_op: [refuse('ENOENT', 'noVcpu'), never],
};

/** What a protected VM and its vCPUs answer, dumping or not (kvm_s390_vm_mem_op, kvm_s390_vcpu_mem_op, _sida_op). */
const secure = {
  ...configure(asked),
  ...unprotectedVcpu,
  pv_unpack: [refuse('EFAULT', 'noMemory'), ...asked],
  pv_on_host: able,
  pv_enable: never,
  pv_disable_vcpus: record('vcpus_unprotected'),
  pv_disable: [refuse('EIO', 'ultravisorRefuses'), recordTo('none', 'protection_disabled')],
  pv_info: able,
  pv_async_cleanup_prepare_vcpus: [refuse('EINVAL', 'hostDestroysAtOnce'), record('vcpus_unprotected')],
  pv_async_cleanup_prepare: [
    refuse('EINVAL', 'hostDestroysAtOnce'),
    refuse('EIO', 'ultravisorKeepsVcpus'),
    refuse('EINVAL', 'asideKept'),
    refuse('EINVAL', 'twoGigabyteGuest'),
    refuse('ENOMEM', 'noMemoryForTopTable'),
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
        ...unprotectedVcpu,
        pv_unpack: never,
        pv_on_host: [refuse('EINVAL', 'hostHasNoPv'), able],
        pv_enable: [
          refuse('EINVAL', 'hostHasNoPv'),
          refuse('ENOMEM', 'noMemoryForConfiguration'),
          refuse('EIO', 'ultravisorRefuses'),
          refuse('ENOMEM', 'noMemoryForSecureCpus'),
          recordTo('protected', 'protection_enabled'),
        ],
        pv_disable_vcpus: never,
        pv_disable: never,
        pv_info: [refuse('EINVAL', 'hostHasNoPv'), able],
        pv_async_cleanup_prepare_vcpus: never,
        pv_async_cleanup_prepare: never,
        pv_dump_init: never,
        pv_dump_config_stor_state: never,
        pv_dump_complete: never,
        pv_cpu_dump: [refuse('ENOENT', 'noVcpu'), never],
        vm_mem_op: accept(),
        vcpu_mem_op: [refuse('ENOENT', 'noVcpu'), accept()],
        sida_op: [refuse('ENOENT', 'noVcpu'), refuse('EINVAL')],
      },
    },
    protected: {
      on: {
        ...secure,
        pv_dump_init: [refuse('EINVAL', 'ultravisorRefuses'), recordTo('dumping', 'dump_started')],
        pv_dump_config_stor_state: never,
        pv_dump_complete: never,
        pv_cpu_dump: [refuse('ENOENT', 'noVcpu'), never],
      },
    },
    dumping: {
      on: {
        ...secure,
        pv_dump_init: never,
        pv_dump_config_stor_state: asked,
        pv_dump_complete: [refuse('EINVAL', 'ultravisorRefuses'), recordTo('protected', 'dump_completed')],
        pv_cpu_dump: [refuse('ENOENT', 'noVcpu'), ...asked],
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
        pv_async_cleanup_prepare: follow(
          'kept',
          'protected',
          'hostDestroysLater',
          'ultravisorLetsVcpusGo',
          'largerGuest',
          'memoryForTopTable',
        ),
        pv_async_cleanup_perform: never,
      },
    },
    kept: {
      on: {
        pv_disable: follow('none', 'protected', 'ultravisorAgrees'),
        pv_async_cleanup_perform: [refuse('EINVAL', 'hostDestroysAtOnce'), recordTo('none', 'aside_destroyed')],
      },
    },
  },
});
