import { type DecidedRule, decidedIn } from './rule.js';

const KVMI = 'virt/kvm/kvmi.rst';
const MEM_MAP = 'KVM_HC_MEM_MAP; kvmi_host_mem_map';

/** What x86_64 refuses outside of the chart, its hypercalls' causes included. */
export const X86_RULES: readonly DecidedRule[] = decidedIn(
  {
    'x86_64/paging/translate.ts': [['translate2', 'ENOENT', 'there is no such vCPU', 'kvm_vcpu_ioctl']],
    'x86_64/paging/translator.ts': [
      ['translate2', 'EINVAL', 'a flag or access is not known, or flags contradict each other', 'KVM_TRANSLATE2'],
    ],
    'x86_64/vcpu/registers.ts': [
      ['set_x86_registers', 'ENOENT', 'there is no such vCPU', 'kvm_vcpu_ioctl'],
      [
        'set_x86_registers',
        'EINVAL',
        'the registers contradict each other, or the CPU does not have them',
        'kvm_is_valid_sregs; __set_sregs',
      ],
    ],
    'x86_64/guest/guest.ts': [['x86_guest', 'EOPNOTSUPP', 'the instruction is not known', 'x86_emulate_instruction']],
    'x86_64/hypercalls/mem-map.ts': [
      ['x86_hypercall', 'ENOENT', 'the token, or what is to be unmapped, is not there', MEM_MAP],
      ['x86_hypercall', 'EFAULT', 'a page is in no slot', MEM_MAP],
      ['x86_hypercall', 'EINVAL', 'the pages cannot be shared: of the same VM, or shared already', MEM_MAP],
    ],
    'x86_64/hypercalls/sharing.ts': [
      ['lend_page', 'ENOENT', 'the token is not known, or too old', MEM_MAP],
      ['return_page', 'ENOENT', 'the page is not lent', 'KVM_HC_MEM_UNMAP; kvmi_host_mem_unmap'],
    ],
    'introspection/reply.ts': [
      ['introspection_reply', 'ENOENT', 'the vCPU waits for no reply', `kvmi_handle_event_reply; ${KVMI}`],
    ],
    'introspection/tool-context.ts': [
      ['introspection_command', 'EINVAL', 'an argument, the vCPU or the padding is wrong', KVMI],
      [
        'introspection_command',
        'EAGAIN',
        'the vCPU was not started, and waits for no reply',
        'vcpu_can_handle_messages',
      ],
    ],
    'introspection/tool-control.ts': [
      [
        'introspection_command',
        'ENOENT',
        'the command or event that is asked about is not known',
        `KVMI_VM_CHECK_COMMAND, KVMI_VM_CHECK_EVENT; ${KVMI}`,
      ],
      ['introspection_command', 'EPERM', 'the device manager did not allow the command or event', KVMI],
      [
        'introspection_command',
        'EBUSY',
        'too many pauses are pending, or an exception is',
        `KVMI_VM_PAUSE_VCPU, KVMI_VCPU_INJECT_EXCEPTION; ${KVMI}`,
      ],
      ['introspection_command', 'EAGAIN', 'too many map tokens wait to be used', `KVMI_GET_MAP_TOKEN; ${KVMI}`],
    ],
    'introspection/tool-memory.ts': [
      [
        'introspection_command',
        'ENOENT',
        'no slot has the page',
        `KVMI_VM_READ_PHYSICAL, KVMI_VM_WRITE_PHYSICAL; ${KVMI}`,
      ],
      ['introspection_command', 'EOPNOTSUPP', 'another view than the first', `KVMI_VM_SET_PAGE_ACCESS; ${KVMI}`],
      [
        'introspection_command',
        'EINVAL',
        'an entry is no access; those before it stay',
        `KVMI_VM_SET_PAGE_ACCESS; ${KVMI}`,
      ],
    ],
    'introspection/tool-registers.ts': [
      [
        'introspection_command',
        'EOPNOTSUPP',
        'the vCPU whose registers are set waits in no event',
        `KVMI_VCPU_SET_REGISTERS; ${KVMI}`,
      ],
      ['introspection_command', 'ENOENT', 'the CPUID leaf is not there', `KVMI_VCPU_GET_CPUID; ${KVMI}`],
    ],
  },
  ['x86_64'],
);

/** What aarch64 refuses outside of the chart. */
export const AARCH64_RULES: readonly DecidedRule[] = decidedIn(
  {
    'aarch64/registers.ts': [['set_registers', 'ENOENT', 'there is no such vCPU', 'kvm_vcpu_ioctl']],
    'aarch64/smccc.ts': [['smccc', 'ENOENT', 'there is no such vCPU', 'kvm_vcpu_ioctl']],
    'aarch64/attributes.ts': [
      ['set_device_attr', 'ENXIO', 'the group or attribute is not known', 'kvm_vm_set_attr; api.rst 4.79'],
    ],
    'aarch64/attributes-vcpu.ts': [
      [
        'vcpu_attr',
        'ENXIO',
        'the group or attribute is not known, or not supported',
        'kvm_arm_vcpu_arch_set_attr; devices/vcpu.rst',
      ],
    ],
  },
  ['aarch64'],
);
