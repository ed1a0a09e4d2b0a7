import { type DecidedRule, decidedIn } from './rule.js';

/** What memory operations and translations of s390x refuse outside of the chart, in KVM's order. */
export const MEM_OP_RULES: readonly DecidedRule[] = decidedIn(
  {
    's390x/mem-op/mem-op.ts': [
      ['vcpu/s390_mem_op', 'ENOENT', 'there is no such vCPU', 'kvm_vcpu_ioctl'],
      ['s390_mem_op', 'EINVAL', 'the operation is none of a VM', 'kvm_s390_vm_mem_op; api.rst, KVM_S390_MEM_OP'],
      [
        'vcpu/s390_mem_op',
        'EINVAL',
        'the operation is none of a vCPU',
        'kvm_s390_vcpu_memsida_op; api.rst, KVM_S390_MEM_OP',
      ],
    ],
    's390x/mem-op/mem-op-checks.ts': [
      ['s390_mem_op', 'EINVAL', 'the size is 0, or a flag is not supported by the operation', 'mem_op_validate_common'],
      ['s390_mem_op', 'E2BIG', 'the size is above 65536', 'mem_op_validate_common; KVM_CAP_S390_MEM_OP'],
      ['s390_mem_op', 'EINVAL', 'skey_protection is given, and the key is above 15', 'mem_op_validate_common'],
      ['s390_mem_op', 'ENOMEM', 'the host has no memory for a copy of the data', 'mem_op_alloc_buf'],
      [
        's390_mem_op',
        'EFAULT',
        'data, or for cmpxchg oldData, is not there',
        'copy_from_user; api.rst, KVM_S390_MEM_OP',
      ],
    ],
    's390x/mem-op/mem-op-logical.ts': [
      ['vcpu/s390_mem_op', 'EINVAL', 'the access register is above 15', 'kvm_s390_vcpu_mem_op'],
      ['vcpu/s390_mem_op', 'EFAULT', 'the VMM has no memory behind the slot', 'access_guest_with_key'],
      [
        'vcpu/s390_mem_op',
        'EFAULT',
        'the VM is protected, the vCPU is not, and guest memory would be touched',
        'kvm_s390_vcpu_mem_op',
      ],
    ],
    's390x/mem-op/mem-op-sida.ts': [
      ['vcpu/s390_mem_op/sida', 'EINVAL', 'flags are given, or the size is 0', 'kvm_s390_vcpu_sida_op'],
      ['vcpu/s390_mem_op/sida', 'EINVAL', 'size and offset together wrap 32 bits', 'kvm_s390_vcpu_sida_op'],
      ['vcpu/s390_mem_op/sida', 'E2BIG', 'size and offset reach beyond the area', 'kvm_s390_vcpu_sida_op'],
    ],
    's390x/mem-op/mem-op-absolute.ts': [
      ['s390_mem_op', 'EFAULT', 'the VMM has no memory behind the slot', 'access_guest_abs_with_key'],
      ['s390_mem_op', 'EINVAL', 'cmpxchg of more than 16 bytes', 'kvm_s390_vm_mem_op_cmpxchg'],
      [
        's390_mem_op',
        'EINVAL',
        'cmpxchg at an address that is not a multiple of the size',
        'cmpxchg_guest_abs_with_key',
      ],
      ['s390_mem_op', 'EINVAL', 'cmpxchg of a size that is no power of 2', 'cmpxchg_guest_abs_with_key'],
    ],
    's390x/mem-op/mem-op-batch.ts': [['vcpu/s390_mem_op_batch', 'ENOENT', 'there is no such vCPU', 'kvm_vcpu_ioctl']],
    's390x/dat/translate.ts': [
      ['translate', 'ENOENT', 'there is no such vCPU', 'kvm_vcpu_ioctl'],
      ['translate', 'EINVAL', 'the access register is above 15', 'kvm_s390_vcpu_mem_op, which has the same field'],
      ['translate', 'EFAULT', 'a table lies where the VMM has no memory behind the slot', 'guest_translate_gva'],
    ],
    's390x/guest/guest-access.ts': [
      ['s390_guest', 'EFAULT', 'the VMM has no memory behind the slot, or a frame is in none', 'access_guest_with_key'],
    ],
    's390x/guest/guest-frames.ts': [
      ['s390_guest', 'EFAULT', 'storage is to be cleared that the VMM has no memory behind', 'kvm_clear_guest'],
    ],
  },
  ['s390x'],
);
