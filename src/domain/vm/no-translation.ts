import type { Decider } from './decider.js';
import { type Decision, done, refused } from './decision.js';
import type { Vm } from './state.js';

/** KVM_TRANSLATE and KVM_TRANSLATE2 of an architecture that has neither: EINVAL (kvm_arch_vcpu_ioctl_translate). */
export const noTranslation = ({ vcpus }: Vm, { vcpu }: { readonly vcpu: number }): Decision =>
  refused(vcpus.has(vcpu) ? 'EINVAL' : 'ENOENT');

/** The same, for each item of a batch. */
export const noTranslationBatch: Decider<'translate2_batch', Vm> = ({ vcpus }, { vcpu, ops }) => {
  if (!vcpus.has(vcpu)) return refused('ENOENT');
  const { ret, errno } = refused('EINVAL');
  return done([], { results: ops.map(() => ({ ret, errno })) });
};
