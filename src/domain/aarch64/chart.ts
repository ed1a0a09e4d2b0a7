import { DESTROYED } from '../vm/law/chart-arrows.js';
import { createVcpuArrows, lifecycleArrows } from '../vm/law/chart-common.js';
import { run } from './chart-run.js';
import { arrow, law } from './chart-setup.js';

const { accept, record, refuse } = arrow;

const create_vcpu = createVcpuArrows(arrow);

/** The life of a VM, and what depends on no other region. */
const lifecycle = law.createStateConfig({
  initial: 'live',
  states: {
    live: {
      on: {
        ...lifecycleArrows(arrow),
        set_user_memory_region: [refuse('EFAULT', 'endsAboveCeiling'), accept()],
        /** There is no getter: an ioctl that is not known (kvm_arch_vm_ioctl). */
        get_device_attr: refuse('EINVAL'),
        has_device_attr: accept(),
        /** kvm_vm_ioctl_enable_cap. */
        enable_cap: [
          refuse('EINVAL', 'flagsGiven'),
          refuse('EINVAL', 'capabilityRefused'),
          record('capability_enabled'),
        ],
      },
    },
    destroyed: DESTROYED,
  },
});

/** Commands on one vCPU that nothing but itself has a say in. */
const onVcpu = {
  vcpu_attr: [refuse('ENOENT', 'unknownVcpu'), accept()],
  get_mp_state: [refuse('ENOENT', 'unknownVcpu'), accept()],
  /** kvm_arch_vcpu_ioctl_set_mpstate. */
  set_mp_state: [
    refuse('ENOENT', 'unknownVcpu'),
    refuse('EINVAL', 'nothingToSay'),
    accept('hasMpState'),
    record('power_state_set'),
  ],
  /** kvm_arm_pvtime_set_attr. */
  place_stolen_time: [
    refuse('ENOENT', 'unknownVcpu'),
    refuse('ENXIO', 'noStolenTime'),
    refuse('EFAULT', 'nothingToSay'),
    refuse('EINVAL', 'ipaUnaligned'),
    refuse('EEXIST', 'recordPlaced'),
    refuse('EINVAL', 'ipaOutsideSlots'),
    record('stolen_time_placed'),
  ],
};

/** Whether a vCPU was ever created. vCPUs go only with the VM. */
const vcpus = law.createStateConfig({
  initial: 'none',
  states: {
    none: { on: { create_vcpu, set_registers: refuse('ENOENT'), ...onVcpu } },
    created: { on: { create_vcpu, set_registers: accept(), ...onVcpu } },
  },
});

/** The law of an aarch64 VM: what is refused and what is recorded, by configuration. Used through the pure `transition` alone. */
export const chart = law.createMachine({ id: 'aarch64', type: 'parallel', states: { lifecycle, vcpus, run } });
