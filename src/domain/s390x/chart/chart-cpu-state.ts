import { accept, law, record, recordTo, refuse } from './chart-setup.js';

/** What KVM_RUN looks at before the state of the vCPU, in order (kvm_arch_vcpu_ioctl_run). */
const entry = [
  refuse('ENOENT', 'unknownVcpu'),
  refuse('EINVAL', 'dumping'),
  refuse('EINTR', 'immediateExit'),
  refuse('EINVAL', 'unknownSyncRegs'),
];

/**
 * KVM_SET_MP_STATE, once it has taken control (kvm_arch_vcpu_ioctl_set_mpstate). Starting and stopping is told to the ultravisor
 * of a protected VM; a vCPU that is in the state already is left alone.
 */
const set_mp_state = [
  refuse('ENOENT', 'unknownVcpu'),
  refuse('ENXIO', 'noSuchMpState'),
  refuse('ENXIO', 'asksForLoad', 'plainVcpu'),
  accept('hasMpState'),
  refuse('EINVAL', 'secureVcpu', 'ultravisorRefuses'),
  record('vcpu_stopped', 'asksForStopped'),
  record('vcpu_started', 'asksForOperating'),
  accept(),
];

/** Who starts and stops vCPUs (user_cpu_state_ctrl): the kernel, or for ever user space once it has shown that it wants to. */
export const cpuStateControl = law.createStateConfig({
  initial: 'kernel',
  states: {
    kernel: {
      on: {
        take_cpu_state_control: recordTo('user', 'user_cpu_state_control_taken'),
        run_vcpu: [...entry, record('vcpu_started', 'vcpuStopped'), accept()],
        set_mp_state,
        reset_vcpu: [refuse('ENOENT', 'unknownVcpu'), record('vcpu_stopped', 'vcpuOperating'), accept()],
        stop_intercepted: [refuse('ENOENT', 'unknownVcpu'), record('vcpu_stopped')],
      },
    },
    user: {
      on: {
        take_cpu_state_control: accept(),
        run_vcpu: [...entry, refuse('EINVAL', 'vcpuStopped'), accept()],
        set_mp_state,
        reset_vcpu: [refuse('ENOENT', 'unknownVcpu'), accept()],
        stop_intercepted: [refuse('ENOENT', 'unknownVcpu'), accept()],
      },
    },
  },
});
