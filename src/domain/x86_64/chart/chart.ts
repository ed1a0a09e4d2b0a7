import { DESTROYED } from '../../vm/law/chart-arrows.js';
import { createVcpuArrows, lifecycleArrows } from '../../vm/law/chart-common.js';
import { X86_VCPU_COMMANDS } from '../../vm/law/law-x86.js';
import { health, introspection } from './chart-introspection.js';
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
        set_user_memory_region: [refuse('EINVAL', 'endsAboveCeiling'), accept()],
        enable_cap: [
          refuse('EINVAL', 'flagsGiven'),
          refuse('EINVAL', 'capabilityUnknown'),
          refuse('EINVAL', 'argumentUnknown'),
          record('x86_capability_enabled'),
        ],
      },
    },
    destroyed: DESTROYED,
  },
});

/** What is done on a vCPU, or with it: not while it waits for the reply to an event. */
const onVcpu = [refuse('ENOENT', 'unknownVcpu'), refuse('EBUSY', 'vcpuWaits')];

/** What enters the guest, which a vCPU that was not started does not (kvm_arch_vcpu_ioctl_run). */
const notStarted = refuse('EAGAIN', 'vcpuNotStarted');

const entering = [...onVcpu, notStarted, accept()];

const vcpuCommands = {
  ...Object.fromEntries(X86_VCPU_COMMANDS.map((type) => [type, [...onVcpu, accept()]])),
  x86_guest: entering,
  x86_hypercall: entering,
  /** kvm_arch_vcpu_ioctl_run. */
  run_vcpu: [...onVcpu, refuse('EINTR', 'immediateExit'), notStarted, refuse('EINVAL', 'unknownSyncRegs'), accept()],
  set_mp_state: [...onVcpu, refuse('EINVAL', 'unknownMpState'), record('x86_mp_state_set')],
};

/** Whether a vCPU was ever created. vCPUs go only with the VM. */
const vcpus = law.createStateConfig({
  initial: 'none',
  states: {
    none: { on: { create_vcpu, set_registers: refuse('ENOENT'), ...vcpuCommands } },
    created: { on: { create_vcpu, set_registers: accept(), ...vcpuCommands } },
  },
});

/** The law of an x86_64 VM: what is refused and what is recorded, by configuration. Used through the pure `transition` alone. */
export const chart = law.createMachine({
  id: 'x86_64',
  type: 'parallel',
  states: { lifecycle, vcpus, health, introspection },
});
