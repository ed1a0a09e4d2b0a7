import { consult } from '../../vm/law/consult.js';
import type { Decider } from '../../vm/decider.js';
import { done, refused } from '../../vm/decision.js';

/**
 * KVM_S390_UCAS_MAP (api.rst 4.40; gmap_ucas_map): from now on the vCPU's addresses are these of the VMM. EFAULT without a mapping, EINVAL
 * on a VM that is not UCONTROL, and for anything that is no multiple of a segment (1 MiB).
 */
export const ucasMap: Decider<'ucas_map'> = (vm, { type, vcpu, mapping }) => {
  const verdict = consult(vm, { type, vcpu, mapping });
  if (verdict.refused) return refused(verdict.refused);
  return done(mapping && mapping.length > 0n ? [{ type: 'ucas_mapped', vcpu, mapping }] : []);
};

/** KVM_S390_UCAS_UNMAP (api.rst 4.41; gmap_ucas_unmap): as the above; `userAddr` counts for its alignment only. */
export const ucasUnmap: Decider<'ucas_unmap'> = (vm, { type, vcpu, mapping }) => {
  const verdict = consult(vm, { type, vcpu, mapping });
  if (verdict.refused) return refused(verdict.refused);
  return done(mapping && mapping.length > 0n ? [{ type: 'ucas_unmapped', vcpu, mapping }] : []);
};
