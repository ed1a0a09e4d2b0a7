import { accept, law, record, recordTo, refuse } from './chart-setup.js';

/**
 * KVM_S390_VM_MEM_ENABLE_CMMA and _CLR_CMMA (devices/vm.rst 1.1, 1.2; kvm_s390_set_mem_control). Enabling is
 * for good; on a machine without CMMA a VM never leaves the first state.
 */
export const cmma = law.createStateConfig({
  initial: 'off',
  states: {
    off: {
      on: {
        enable_cmma: [refuse('ENXIO', 'hostHasNoCmma'), refuse('EBUSY', 'vcpuCreated'), recordTo('on', 'cmma_enabled')],
        clear_cmma: [refuse('ENXIO', 'hostHasNoCmma'), refuse('EINVAL')],
      },
    },
    on: {
      on: {
        enable_cmma: [refuse('EBUSY', 'vcpuCreated'), accept()],
        clear_cmma: record('cmma_cleared'),
      },
    },
  },
});
