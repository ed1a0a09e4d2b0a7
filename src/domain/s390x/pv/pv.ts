import type { PvCommand, PvCommandName } from '../../shapes/s390x-pv.js';
import { consult } from '../../vm/law/consult.js';
import type { Decider } from '../../vm/decider.js';
import { type Decision, refused } from '../../vm/decision.js';
import type { Event } from '../../vm/facts/event.js';
import type { S390xVm } from '../../vm/state.js';
import { callUltravisor, writtenBack } from './pv-call.js';
import { pvDump } from './pv-dump.js';
import { setSecureParameters, unpack } from './pv-image.js';
import { pvInfo } from './pv-info.js';
import { disable, performCleanup, prepareCleanup } from './pv-teardown.js';
import { UNCALLED } from './ultravisor.js';

/** What each command does (kvm_s390_handle_pv). */
const COMMANDS: { readonly [Name in PvCommandName]: (vm: S390xVm, command: PvCommand) => Decision } = {
  enable: (vm, command) => callUltravisor(vm, 'pv_enable', command),
  disable,
  set_sec_parms: setSecureParameters,
  unpack,
  verify: (vm, command) => callUltravisor(vm, 'pv_verify', command),
  prep_reset: (vm, command) => callUltravisor(vm, 'pv_prep_reset', command),
  unshare_all: (vm, command) => callUltravisor(vm, 'pv_unshare_all', command),
  info: pvInfo,
  dump: pvDump,
  async_cleanup_prepare: prepareCleanup,
  async_cleanup_perform: performCleanup,
};

/** Any call hands the CPU states to user space, whatever comes of it (kvm_s390_set_user_cpu_state_ctrl). */
function controlTaken(vm: S390xVm): readonly Event[] {
  const verdict = consult(vm, { type: 'take_cpu_state_control' });
  return verdict.refused ? [] : verdict.facts;
}

/** The call itself: EINVAL on a host without it, EFAULT without a structure, EINVAL for flags, ENOTTY for unknown commands. */
function call(vm: S390xVm, command: PvCommand): Decision {
  const verdict = consult(vm, { type: 'pv_on_host' });
  if (verdict.refused) return refused(verdict.refused);
  if (command.command === undefined) return refused('EFAULT');
  if ((command.flags ?? 0) !== 0) return refused('EINVAL');
  const decision = typeof command.command === 'number' ? refused('ENOTTY') : COMMANDS[command.command](vm, command);
  return writtenBack(command, { ...decision, reply: { ...UNCALLED, ...decision.reply } });
}

/**
 * KVM_S390_PV_COMMAND (api.rst; kvm_arch_vm_ioctl, kvm_s390_handle_pv). From the command itself on, `rc` and `rrc` of the
 * ultravisor are answered whatever comes of it.
 */
export const pvCommand: Decider<'s390_pv_command'> = (vm, command) => {
  const taken = controlTaken(vm);
  const decision = call(vm, command);
  return { ...decision, events: [...taken, ...decision.events] };
};
