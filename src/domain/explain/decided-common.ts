import { type DecidedRule, decidedIn } from './rule.js';

/** What is refused on every architecture outside of the charts. */
export const COMMON_RULES: readonly DecidedRule[] = decidedIn({
  'vm/create-vm.ts': [
    ['create_vm', 'EEXIST', 'there is, or was, a VM of this id', "the ledger's own rule: an id is given once"],
    ['create_vm', 'EINVAL', 'a UCONTROL VM on a machine that has none', 'kvm_arch_init_vm; api.rst 4.2'],
  ],
  'vm/decide.ts': [
    [
      'every command',
      'ENOENT',
      'there is no such VM, or it was destroyed',
      'there is no file descriptor to give it to',
    ],
    ['every command', 'ENOTTY', "the VM's architecture has no such command", 'kvm_vm_ioctl, kvm_vcpu_ioctl'],
  ],
  'vm/law/consult.ts': [
    ['every command', 'ENOTTY', "the VM's architecture has no such command", 'kvm_vm_ioctl, kvm_vcpu_ioctl'],
  ],
  'vm/decision.ts': [
    [
      'every command',
      'EINVAL',
      'the arguments contradict each other: a malformed request, not recorded',
      'no ioctl: such a request never reaches the machine',
    ],
  ],
  'vm/attribute.ts': [
    ['has_device_attr', 'ENXIO', 'the group or attribute is not known, or not supported', 'api.rst 4.79'],
  ],
  'vm/no-translation.ts': [
    ['translate', 'ENOENT', 'there is no such vCPU', 'kvm_vcpu_ioctl'],
    ['translate', 'EINVAL', 'the architecture has no KVM_TRANSLATE', 'kvm_arch_vcpu_ioctl_translate'],
  ],
  'memory/dirty-log.ts': [
    [
      'get_dirty_log',
      'ENOENT',
      'there is no such slot, or it does not log dirty pages',
      'kvm_get_dirty_log; api.rst 4.8',
    ],
  ],
  'memory/host-access.ts': [
    [
      'write_memory',
      'EFAULT',
      'a part of the range is in no slot',
      "the VMM's own mapping of the slots (api.rst 4.35)",
    ],
    ['read_memory', 'EFAULT', 'a part of the range is in no slot', "the VMM's own mapping of the slots (api.rst 4.35)"],
  ],
  'memory/set-user-memory-region.ts': [
    [
      'set_user_memory_region',
      'EINVAL',
      'the slot number is beyond the largest',
      'kvm_set_memory_region; api.rst 4.35',
    ],
    ['set_user_memory_region', 'EINVAL', 'a flag is not known', 'check_memory_region_flags'],
    ['set_user_memory_region', 'EINVAL', 'an address or the size is not a multiple of 4096', 'kvm_set_memory_region'],
    ['set_user_memory_region', 'EINVAL', 'the range wraps, or is larger than a slot can be', 'kvm_set_memory_region'],
    ['set_user_memory_region', 'EINVAL', 'a slot that is not there is to be deleted', 'kvm_set_memory_region'],
    [
      'set_user_memory_region',
      'EINVAL',
      'size, user address or readonly of a slot would change',
      'kvm_set_memory_region',
    ],
    ['set_user_memory_region', 'EEXIST', 'another slot has a part of the range', 'kvm_check_memslot_overlap'],
  ],
});
