import type { CommandOf } from './command.js';
import { consult } from './law/consult.js';
import type { Decider } from './decider.js';
import { type Decision, done, refused } from './decision.js';
import type { Vm } from './state.js';

/**
 * KVM_CREATE_VM. A UCONTROL VM without the privilege or the kernel's option is EINVAL (kvm_arch_init_vm). The name of a VM is
 * taken for good: EEXIST, also once it was destroyed.
 */
export function createVm(vm: Vm | undefined, command: CommandOf<'create_vm'>): Decision {
  if (vm !== undefined) return refused('EEXIST');
  if (command.vmType === 'ucontrol' && !command.host.ucontrol) return refused('EINVAL');
  return done([{ ...command, type: 'vm_created' }]);
}

/** The end of a VM: its last file descriptor is closed. Its ledger stays. */
export const destroyVm: Decider<'destroy_vm', Vm> = (vm, { type }) => {
  const verdict = consult(vm, { type });
  return verdict.refused ? refused(verdict.refused) : done(verdict.facts);
};
