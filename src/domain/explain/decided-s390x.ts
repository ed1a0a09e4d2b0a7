import { type DecidedRule, decidedIn } from './rule.js';

const PV = 'kvm_s390_handle_pv';
const SKEYS = 'api.rst, KVM_S390_GET_SKEYS and KVM_S390_SET_SKEYS';

/** What else s390x refuses outside of the chart. */
export const S390X_RULES: readonly DecidedRule[] = decidedIn(
  {
    's390x/attributes/attributes.ts': [
      [
        'set_device_attr',
        'ENXIO',
        'the group or attribute is not known, or cannot be set',
        'kvm_s390_vm_set_attr; api.rst 4.79',
      ],
      [
        'get_device_attr',
        'ENXIO',
        'the group or attribute is not known, or cannot be read',
        'kvm_s390_vm_get_attr; api.rst 4.79',
      ],
    ],
    's390x/attributes/attributes-mem-ctrl.ts': [
      ['has_device_attr', 'ENXIO', 'enable_cmma, clr_cmma: the machine has no CMMA', 'kvm_s390_vm_has_attr'],
    ],
    's390x/attributes/attributes-crypto.ts': [
      ['has_device_attr', 'ENXIO', '*_apie: the machine has no AP instructions', 'kvm_s390_vm_has_attr'],
    ],
    's390x/attributes/attributes-tod.ts': [
      ['has_device_attr', 'ENXIO', 'tod/ext by the kernel, and any other attribute of tod', 'kvm_s390_vm_has_attr'],
    ],
    's390x/attributes/attributes-cpu-topology.ts': [
      ['has_device_attr', 'ENXIO', 'cpu_topology: the VM does not have facility 11', 'kvm_s390_vm_has_attr'],
      [
        'cpu_topology',
        'ENXIO',
        'the attribute is given by a name, and has none',
        'kvm_s390_set_topo_change_indication',
      ],
    ],
    's390x/interrupts/run-vcpu.ts': [
      ['run_vcpu', 'ENOENT', 'there is no such vCPU', 'kvm_vcpu_ioctl'],
      ['run_vcpu', 'EFAULT', 'the status of a stop is to be stored where no slot is', 'handle_stop'],
    ],
    's390x/interrupts/deliver.ts': [
      ['run_vcpu', 'EFAULT', 'the lowcore of an interruption lies in no slot', 'kvm_s390_deliver_pending_interrupts'],
    ],
    's390x/interrupts/deliver-secure.ts': [
      ['run_vcpu', 'EINVAL', 'the ultravisor refuses an interruption', 'kvm_s390_deliver_pending_interrupts'],
    ],
    's390x/vcpu/registers.ts': [
      ['set_registers', 'ENOENT', 'there is no such vCPU', 'kvm_vcpu_ioctl'],
      ['set_registers', 'EINVAL', 'vector registers are given, and the machine has none', 'sync_regs_fmt2'],
    ],
    's390x/vcpu/one-reg.ts': [
      ['one_reg', 'EINVAL', 'the id names no register', 'kvm_arch_vcpu_ioctl_get_one_reg; api.rst 4.68, 4.69'],
      ['one_reg', 'EFAULT', 'the value cannot be read', 'kvm_arch_vcpu_ioctl_set_one_reg'],
    ],
    's390x/vcpu/mp-state.ts': [
      ['get_mp_state', 'ENOENT', 'there is no such vCPU', 'kvm_vcpu_ioctl'],
      ['set_mp_state', 'ENOENT', 'there is no such vCPU', 'kvm_vcpu_ioctl'],
    ],
    's390x/vcpu/reset-vcpu.ts': [
      [
        'reset_vcpu',
        'EINVAL',
        'the vCPU is protected, and the ultravisor refuses',
        'kvm_arch_vcpu_ioctl_initial_reset',
      ],
    ],
    's390x/lowcore/store-status.ts': [
      ['store_status', 'ENOENT', 'there is no such vCPU', 'kvm_vcpu_ioctl'],
      ['store_status', 'EFAULT', 'a part of the area lies in no slot', 'kvm_s390_store_status_unloaded'],
    ],
    's390x/interrupts/inject-irq.ts': [['inject_irq', 'ENOENT', 'there is no such vCPU', 'kvm_vcpu_ioctl']],
    's390x/interrupts/inject-vm-irq.ts': [
      ['inject_vm_irq', 'EINVAL', 'no VM can have an interruption of that type', 'kvm_s390_inject_vm; api.rst 4.64'],
    ],
    's390x/dat/pre-fault.ts': [
      ['vcpu_fault', 'EREMOTE', 'the segment of a UCONTROL vCPU is not mapped', 'kvm_arch_vcpu_ioctl'],
    ],
    's390x/vcpu/ucas.ts': [
      ['vcpu_fault', 'EREMOTE', 'the segment of a UCONTROL vCPU is not mapped', 'kvm_arch_vcpu_ioctl'],
    ],
    's390x/guest/guest.ts': [
      ['s390_guest', 'ENOENT', 'there is no such vCPU', 'kvm_vcpu_ioctl'],
      ['s390_guest', 'EOPNOTSUPP', 'the instruction is not known', 'kvm_handle_sie_intercept'],
    ],
    's390x/marks/skeys.ts': [
      ['s390_get_skeys', 'EFAULT', 'a page is in no slot', `kvm_s390_get_skeys; ${SKEYS}`],
      ['s390_set_skeys', 'EINVAL', 'the lowest bit of a key is set', `kvm_s390_set_skeys; ${SKEYS}`],
      [
        's390_set_skeys',
        'EFAULT',
        'a page is in no slot, or there are fewer keys than pages',
        `kvm_s390_set_skeys; ${SKEYS}`,
      ],
      ['s390_keyop', 'EINVAL', 'there is no such key operation', 'kvm_s390_keyop'],
      ['s390_keyop', 'EFAULT', 'the page is in no slot', 'kvm_s390_keyop'],
    ],
    's390x/marks/get-cmma-bits.ts': [
      [
        's390_get_cmma_bits',
        'EFAULT',
        'the first page that is peeked at is in no slot',
        'kvm_s390_peek_cmma; api.rst 4.107',
      ],
    ],
    's390x/marks/set-cmma-bits.ts': [
      ['s390_set_cmma_bits', 'EFAULT', 'a page is in no slot', 'kvm_s390_set_cmma_bits; api.rst 4.108'],
    ],
    's390x/pv/pv.ts': [
      ['pv', 'EFAULT', 'the structure cannot be read', 'kvm_arch_vm_ioctl; api.rst, KVM_S390_PV_COMMAND'],
      ['pv', 'EINVAL', 'flags are not 0', 'kvm_arch_vm_ioctl; api.rst, KVM_S390_PV_COMMAND'],
      ['pv', 'ENOTTY', 'there is no such command', PV],
    ],
    's390x/pv/pv-call.ts': [['pv', 'EFAULT', 'what data points to cannot be read, or an answer cannot be written', PV]],
    's390x/pv/pv-image.ts': [
      ['pv/set_sec_parms', 'EINVAL', 'the header is longer than 1 MiB', PV],
      ['pv/set_sec_parms', 'ENOMEM', 'the host has no memory for a copy of the header', PV],
      ['pv/set_sec_parms', 'EFAULT', "the header is outside the VMM's addresses", PV],
      ['pv/unpack', 'EINVAL', 'the range is empty, or not whole pages', 'kvm_s390_pv_unpack'],
      ['pv/unpack', 'EFAULT', 'a page is in no slot; those before it are unpacked', 'kvm_s390_pv_unpack'],
    ],
    's390x/pv/pv-info.ts': [
      ['pv/info', 'EINVAL', 'the id is not known, or the buffer too small', 'kvm_s390_handle_pv_info'],
    ],
    's390x/pv/pv-dump.ts': [
      ['pv/dump', 'ENOTTY', 'there is no such subcommand', 'kvm_s390_pv_dmp'],
      [
        'pv/dump/config_stor_state',
        'EINVAL',
        'the address or the size of the buffer is not whole blocks',
        'kvm_s390_pv_dump_stor_state',
      ],
      ['pv/dump/complete', 'EINVAL', 'the buffer is too small', 'kvm_s390_pv_dump_complete'],
      [
        'pv/dump',
        'ENOMEM',
        'the host has no memory for a copy',
        'kvm_s390_pv_dump_stor_state, kvm_s390_pv_dump_complete',
      ],
      ['vcpu/pv/dump/cpu', 'ENOENT', 'there is no such vCPU', 'kvm_vcpu_ioctl'],
      ['vcpu/pv/dump/cpu', 'EFAULT', 'the structure cannot be read', 'kvm_arch_vcpu_ioctl'],
      [
        'vcpu/pv/dump/cpu',
        'EINVAL',
        'another command than a dump of the CPU, flags, or a buffer of another size',
        'kvm_s390_handle_pv_vcpu_dump',
      ],
      ['vcpu/pv/dump/cpu', 'ENOMEM', 'the host has no memory for a copy', 'kvm_s390_handle_pv_vcpu_dump'],
    ],
    's390x/pv/pv-teardown.ts': [
      ['pv/disable', 'EIO', 'the ultravisor refuses', 'kvm_s390_pv_deinit_cleanup_all'],
      ['pv/async_cleanup_perform', 'EIO', 'the ultravisor refuses', 'kvm_s390_pv_deinit_aside_vm'],
    ],
  },
  ['s390x'],
);
