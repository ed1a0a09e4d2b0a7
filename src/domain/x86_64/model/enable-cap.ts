import { consult } from '../../vm/law/consult.js';
import type { Decider } from '../../vm/decider.js';
import { done, refused } from '../../vm/decision.js';
import type { X86Vm } from '../../vm/state.js';
import { enablingOf } from './capabilities.js';

/**
 * KVM_ENABLE_CAP on an x86_64 VM (kvm_vm_ioctl_enable_cap). EINVAL for flags, for a capability that is not known or cannot be
 * enabled, and for an argument with a bit that it does not have.
 */
export const enableX86Cap: Decider<'enable_cap', X86Vm> = (vm, { type, cap, flags, args: [given] }) => {
  const known = enablingOf(cap);
  const value = given ?? known?.byDefault ?? 0n;
  const fact = known && { capability: known.name, value };
  const verdict = consult(vm, { type, flags, takes: known?.takes, value, fact });
  return verdict.refused ? refused(verdict.refused) : done(verdict.facts);
};
