import { createVcpu as create } from '../vm/create-vcpu.js';
import type { Decider } from '../vm/decider.js';
import type { Aarch64Vm } from '../vm/state.js';

/** KVM_CREATE_VCPU. The virtual counter of the whole VM begins anew with each vCPU (kvm_timer_vcpu_init). */
export const createVcpu: Decider<'create_vcpu', Aarch64Vm> = (vm, command, past, peers) => {
  const decision = create(vm, command, past, peers);
  const { hostCounter: offset } = command;
  if (decision.errno !== undefined || offset === undefined) return decision;
  return { ...decision, events: [...decision.events, { type: 'counter_offset_set', offset }] };
};
