import { accept, refuse } from './chart-setup.js';

const unknown = refuse('ENOENT', 'unknownVcpu');

/** struct kvm_s390_ucas_mapping in order of checks (kvm_arch_vcpu_ioctl). */
const ucas = [
  unknown,
  refuse('EFAULT', 'ucasUnreadable'),
  refuse('EINVAL', 'notUcontrol'),
  refuse('EINVAL', 'ucasMisaligned'),
  accept(),
];

/** Commands on one vCPU that no region but its own existence has a say in, each with its refusals in KVM's order. */
export const vcpuCommands = {
  get_mp_state: [unknown, accept()],
  store_status: [unknown, refuse('EFAULT', 'noMemory'), accept()],
  /** kvm_arch_vcpu_ioctl, KVM_SET_ONE_REG and KVM_GET_ONE_REG. */
  one_reg: [unknown, refuse('EINVAL', 'secureVcpu'), accept()],
  /** kvm_arch_vcpu_ioctl_set_initial_psw. */
  set_initial_psw: [unknown, refuse('EFAULT', 'pswUnreadable'), refuse('EBUSY', 'vcpuOperating'), accept()],
  /** do_inject_vcpu and what it calls by type. */
  inject_irq: [
    unknown,
    refuse('EINVAL', 'irqNotLocal'),
    refuse('EINVAL', 'stopFlagsUnknown'),
    accept('stopOfStopped'),
    refuse('EBUSY', 'stopPending'),
    refuse('EBUSY', 'prefixOfOperating'),
    refuse('EINVAL', 'irqSourceUnknown'),
    refuse('EBUSY', 'externalCallPending'),
    accept(),
  ],
  /** kvm_s390_get_irq_state. */
  get_irq_state: [unknown, refuse('EINVAL', 'irqLengthZero'), refuse('ENOBUFS', 'irqBufferShort'), accept()],
  /** kvm_s390_set_irq_state. */
  set_irq_state: [
    unknown,
    refuse('EINVAL', 'irqLengthWrong'),
    refuse('EFAULT', 'irqUnreadable'),
    refuse('EBUSY', 'irqPending'),
    accept(),
  ],
  /** kvm_vcpu_pre_fault_memory, kvm_arch_vcpu_pre_fault_memory. */
  pre_fault_memory: [
    unknown,
    refuse('EINVAL', 'preFaultMalformed'),
    refuse('EINVAL', 'ucontrol'),
    refuse('ENOENT', 'pageOutsideSlots'),
    accept(),
  ],
  /** KVM_S390_VCPU_FAULT: a UCONTROL vCPU has its own address space instead of slots. */
  vcpu_fault: [
    unknown,
    refuse('EREMOTE', 'ucontrol', 'segmentUnmapped'),
    accept('ucontrol'),
    refuse('EFAULT', 'pageOutsideSlots'),
    accept(),
  ],
  ucas_map: ucas,
  ucas_unmap: ucas,
} as const;
