import { ERRNO } from '../../errno.js';
import { createVcpu as create } from '../../vm/create-vcpu.js';
import type { Decider } from '../../vm/decider.js';
import { changed } from '../../vm/rules.js';
import { topologyChanged } from '../attributes/attributes-cpu-topology.js';

/**
 * KVM_CREATE_VCPU. A number that is in use is detected when the vCPU was built: building and destroying it have the guest told
 * that its topology changed (kvm_arch_vcpu_create, kvm_arch_vcpu_destroy; s390-vm-attributes 7).
 */
export const createVcpu: Decider<'create_vcpu'> = (vm, command, past) => {
  const decision = create(vm, command, past, new Map());
  if (decision.ret !== -ERRNO.EEXIST || topologyChanged(vm) || !changed(vm, 'builtAndDestroyed')) return decision;
  return { ...decision, events: [...decision.events, { type: 'topology_change_set', pending: true }] };
};
