import { accept, law, recordTo, refuse } from './chart-setup.js';
import { vcpuCommands } from './chart-vcpu-commands.js';

/**
 * KVM_CREATE_VCPU (kvm_vm_ioctl_create_vcpu, kvm_arch_vcpu_precreate). An id in use is detected last; the kernel takes back
 * its count of created vCPUs then, so such a refusal locks nothing that was not locked before.
 */
const create_vcpu = [
  refuse('EINVAL', 'vcpuIdBeyondMax'),
  refuse('EINVAL', 'vcpusFull'),
  refuse('EINVAL', 'vcpuIdBeyondSca'),
  refuse('EIO', 'protected', 'ultravisorRefuses'),
  refuse('EEXIST', 'vcpuExists'),
  recordTo('created', 'vcpu_created'),
];

/** Commands on a vCPU that ask for nothing but the vCPU. */
const onVcpu = <Arrow>(arrow: Arrow) => ({ set_registers: arrow, translate: arrow, vcpu_mem_op_batch: arrow });

/** Whether a vCPU was ever created: what every EBUSY of the attributes asks. vCPUs go only with the VM. */
export const vcpus = law.createStateConfig({
  initial: 'none',
  states: {
    none: { on: { create_vcpu, ...onVcpu(refuse('ENOENT')), ...vcpuCommands } },
    created: { on: { create_vcpu, ...onVcpu(accept()), ...vcpuCommands } },
  },
});
