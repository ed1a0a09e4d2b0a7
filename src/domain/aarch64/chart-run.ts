import { arrow, law } from './chart-setup.js';

const { accept, record, recordTo, refuse } = arrow;

const unknown = refuse('ENOENT', 'unknownVcpu');

/** What KVM_RUN and the guest in it come to, once it has begun (kvm_arch_vcpu_ioctl_run). */
const inside = {
  run_vcpu: [unknown, refuse('EINTR', 'immediateExit'), accept()],
  smccc: [unknown, refuse('EINTR', 'vcpuSleeps'), accept()],
};

/** What is wrong with a filter's range by itself (kvm_smccc_set_filter). */
const wrongRange = [
  refuse('EFAULT', 'filterUnreadable'),
  refuse('EINVAL', 'filterPadded'),
  refuse('EINVAL', 'rangeWraps'),
  refuse('EINVAL', 'rangeEmpty'),
  refuse('EINVAL', 'actionUnknown'),
];

/** What no pseudo-firmware register can be (kvm_arm_set_fw_reg, kvm_arm_set_fw_reg_bmap). */
const wrongFirmware = [unknown, refuse('EINVAL', 'bitUnknown'), refuse('EINVAL', 'psciUnknown')];

/** Whether any vCPU was ever run (KVM_ARCH_FLAG_HAS_RAN_ONCE): what calls the guest can make is fixed then. */
export const run = law.createStateConfig({
  initial: 'never',
  states: {
    never: {
      on: {
        enter_vcpu: [unknown, recordTo('ran', 'vm_ran')],
        ...inside,
        set_smccc_filter: [
          ...wrongRange,
          refuse('ENOMEM', 'noMemoryForReserved'),
          refuse('EEXIST', 'rangeOverlaps'),
          refuse('ENOMEM', 'noMemoryForRange'),
          record('smccc_filter_set'),
        ],
        set_firmware: [...wrongFirmware, accept()],
      },
    },
    ran: {
      on: {
        enter_vcpu: [unknown, accept()],
        ...inside,
        set_smccc_filter: [...wrongRange, refuse('EBUSY')],
        set_firmware: [...wrongFirmware, refuse('EBUSY', 'bitmapChanges'), accept()],
      },
    },
  },
});
