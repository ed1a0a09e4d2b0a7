import { accept, law, recordTo, refuse } from './chart-setup.js';

/**
 * What a guest does by itself, and the model is told: nothing is seen of it once the VM is protected, no more than a logical
 * memory operation sees.
 */
const s390_guest = [refuse('ENOENT', 'noVcpu'), refuse('EINVAL', 'protected'), accept()];

/** KVM_S390_KEYOP neither asks whether keys are in use nor changes it. */
const s390_keyop = [
  refuse('ENOMEM', 'noMemoryForTopTable'),
  refuse('EINVAL', 'keyOperationUnknown'),
  refuse('EFAULT', 'noFrames'),
  accept(),
];

const refusedKeys = [
  refuse('EINVAL', 'markFlagsUnknown'),
  refuse('EINVAL', 'keyCountBeyondBounds'),
  refuse('ENOMEM', 'noMemoryForMarks'),
];

/**
 * Whether the VM uses storage keys (uses_skeys): for good from the first KVM_S390_SET_SKEYS that gets as far, or the guest's
 * first key instruction (kvm_s390_get_skeys, kvm_s390_set_skeys, s390_enable_skey).
 */
export const skeys = law.createStateConfig({
  initial: 'off',
  states: {
    off: {
      on: {
        s390_guest,
        s390_keyop,
        s390_get_skeys: [refuse('EINVAL', 'markFlagsUnknown'), accept()],
        s390_set_skeys: [...refusedKeys, refuse('EFAULT', 'marksUnreadable'), refuse('EFAULT', 'noFrames'), accept()],
        enable_skeys: recordTo('on', 'skeys_enabled'),
      },
    },
    on: {
      on: {
        s390_guest,
        s390_keyop,
        s390_get_skeys: [...refusedKeys, refuse('EFAULT', 'noFrames'), accept()],
        s390_set_skeys: [...refusedKeys, refuse('EFAULT', 'marksUnreadable'), refuse('EFAULT', 'noFrames'), accept()],
        enable_skeys: accept(),
      },
    },
  },
});

const s390_get_cmma_bits = [
  refuse('ENXIO', 'cmmaOff'),
  refuse('EINVAL', 'markFlagsUnknown'),
  refuse('EINVAL', 'collects', 'notMigrating'),
];

const s390_set_cmma_bits = [
  refuse('ENXIO', 'cmmaOff'),
  refuse('EINVAL', 'markFlagsUnknown'),
  refuse('EINVAL', 'cmmaCountBeyondMax'),
  accept('noMarks'),
  refuse('ENOMEM', 'noMemoryForMarks'),
  refuse('EFAULT', 'marksUnreadable'),
];

/**
 * Whether the guest uses CMM (uses_cmm): for good from its first ESSA outside migration mode, or the first
 * KVM_S390_SET_CMMA_BITS that gets as far as the pages (handle_essa, kvm_s390_get_cmma_bits, kvm_s390_set_cmma_bits).
 */
export const cmm = law.createStateConfig({
  initial: 'unused',
  states: {
    unused: {
      on: {
        s390_get_cmma_bits: [...s390_get_cmma_bits, accept()],
        s390_set_cmma_bits: [...s390_set_cmma_bits, recordTo('used', 'cmm_used')],
        essa: [accept('cmmaOff'), accept('migrating'), recordTo('used', 'cmm_used')],
      },
    },
    used: {
      on: {
        s390_get_cmma_bits: [
          ...s390_get_cmma_bits,
          accept('noMarks'),
          accept('collects', 'nothingToCollect'),
          refuse('ENOMEM', 'noMemoryForMarks'),
          accept(),
        ],
        s390_set_cmma_bits: [...s390_set_cmma_bits, accept()],
        essa: accept(),
      },
    },
  },
});
