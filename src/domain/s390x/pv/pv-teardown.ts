import type { PvCommand } from '../../shapes/s390x-pv.js';
import { consult } from '../../vm/law/consult.js';
import { type Decision, done, refused } from '../../vm/decision.js';
import type { S390xVm } from '../../vm/state.js';
import { isKilled, refusalOf } from './pv-call.js';
import { someProtected } from './secure-cpu.js';
import { EXECUTED, SET_ASIDE, type UvStatus } from './ultravisor.js';

/** Commands that end the protection, and their first half, after which no vCPU is protected. */
const FIRST_HALF = {
  pv_disable: 'pv_disable_vcpus',
  pv_async_cleanup_prepare: 'pv_async_cleanup_prepare_vcpus',
} as const;

/**
 * Ends the protection in two halves: every vCPU's, then the VM's. The first stays done where the second is refused
 * (kvm_s390_cpus_from_pv, which goes on to the last vCPU whatever the ultravisor says).
 */
function leave(vm: S390xVm, type: keyof typeof FIRST_HALF, command: PvCommand, status: UvStatus): Decision {
  const first = consult(vm, { type: FIRST_HALF[type] });
  if (first.refused) return refused(first.refused);
  const refusal = refusalOf(command);
  const second = consult(vm, { type, ultravisorRefuses: refusal !== undefined });
  if (!second.refused) return done(second.facts, { ...status });
  const said = second.refused === 'EIO' ? { ...refusal } : {};
  return refused(second.refused, someProtected(vm) ? first.facts : [], said);
}

/** DISABLE: destroys the secure configuration, and one that was set aside (kvm_s390_pv_deinit_cleanup_all). EIO if refused. */
export const disable = (vm: S390xVm, command: PvCommand): Decision => leave(vm, 'pv_disable', command, EXECUTED);

/** ASYNC_CLEANUP_PREPARE: sets the secure configuration aside for destruction later (kvm_s390_pv_set_aside). */
export const prepareCleanup = (vm: S390xVm, command: PvCommand): Decision =>
  leave(vm, 'pv_async_cleanup_prepare', command, SET_ASIDE);

/**
 * ASYNC_CLEANUP_PERFORM: destroys what was set aside (kvm_s390_pv_deinit_aside_vm). EIO if the ultravisor refuses; what was set
 * aside is given up then, too. A fatal signal ends it early: done, as KVM says, and the rest is cleaned up with the VM.
 */
export function performCleanup(vm: S390xVm, command: PvCommand): Decision {
  const verdict = consult(vm, { type: 'pv_async_cleanup_perform' });
  if (verdict.refused) return refused(verdict.refused);
  if (isKilled(command)) return done(verdict.facts, { ...SET_ASIDE });
  const refusal = refusalOf(command);
  return refusal ? refused('EIO', verdict.facts, { ...refusal }) : done(verdict.facts, { ...EXECUTED });
}
