import { DESTROYED } from '../vm/chart-arrows.js';
import { createVcpuArrows, lifecycleArrows } from '../vm/chart-common.js';
import { X86_VCPU_COMMANDS } from '../vm/law-x86.js';
import { arrow, law } from './chart-setup.js';

const { accept, refuse } = arrow;

const create_vcpu = createVcpuArrows(arrow);

/** Commands on one vCPU that need nothing but the vCPU. */
const vcpuCommands = Object.fromEntries(
  X86_VCPU_COMMANDS.map((type) => [type, [refuse('ENOENT', 'unknownVcpu'), accept()]]),
);

/** The life of a VM, and what depends on no other region. */
const lifecycle = law.createStateConfig({
  initial: 'live',
  states: {
    live: {
      on: {
        ...lifecycleArrows(arrow),
        ...vcpuCommands,
        set_user_memory_region: [refuse('EINVAL', 'endsAboveCeiling'), accept()],
      },
    },
    destroyed: DESTROYED,
  },
});

/** Whether a vCPU was ever created. vCPUs go only with the VM. */
const vcpus = law.createStateConfig({
  initial: 'none',
  states: {
    none: { on: { create_vcpu, set_registers: refuse('ENOENT') } },
    created: { on: { create_vcpu, set_registers: accept() } },
  },
});

/** The law of an x86_64 VM: what is refused and what is recorded, by configuration. Used through the pure `transition` alone. */
export const chart = law.createMachine({ id: 'x86_64', type: 'parallel', states: { lifecycle, vcpus } });
