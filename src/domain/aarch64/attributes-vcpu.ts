import { z } from 'zod';
import { u64 } from '../shapes/scalars.js';
import { type AttributeGroup, attribute, findAttribute, hasAttribute, lawful } from '../vm/attribute.js';
import { consult } from '../vm/law/consult.js';
import type { Decider } from '../vm/decider.js';
import { type Decision, done, refused } from '../vm/decision.js';
import type { Aarch64Vm } from '../vm/state.js';
import type { Aarch64Vcpu } from './vcpu.js';

/** A vCPU, and the VM that it is of. */
interface Target {
  readonly vm: Aarch64Vm;
  readonly vcpu: Aarch64Vcpu;
}

/** What KVM_ARM_VCPU_PVTIME_IPA reads as before it is set (INVALID_GPA). */
const NOWHERE = (1n << 64n) - 1n;

const supported = ({ vm }: Target) => (vm.host.stealTime ? undefined : 'ENXIO');

/** KVM_ARM_VCPU_PVTIME_CTRL (devices/vcpu.rst 3; kvm_arm_pvtime_set_attr, kvm_arm_pvtime_get_attr). */
const pvtimeCtrl: AttributeGroup<Target> = {
  name: 'pvtime_ctrl',
  number: 2,
  hasEveryNumber: false,
  attributes: [
    attribute({
      name: 'ipa',
      number: 0n,
      payload: z.strictObject({ value: u64 }),
      set: ({ vm, vcpu: { id } }, payload) =>
        lawful(vm, {
          type: 'place_stolen_time',
          vcpu: id,
          ...(payload && { fact: { vcpu: id, ipa: payload.value } }),
        }),
      get: (target) => (supported(target) ? refused('ENXIO') : done([], { value: target.vcpu.stolenTime ?? NOWHERE })),
      has: supported,
    }),
  ],
};

/** Every device attribute of a vCPU, by group; PMU and timers are not modelled (kvm_arm_vcpu_arch_set_attr). */
export const VCPU_ATTRIBUTE_GROUPS: readonly AttributeGroup<Target>[] = [pvtimeCtrl];

/** The decision on a vCPU that is there. */
function onVcpu(vm: Aarch64Vm, id: number, decide: (target: Target) => Decision | undefined): Decision {
  const verdict = consult(vm, { type: 'vcpu_attr', vcpu: id });
  const vcpu = vm.vcpus.get(id);
  if (verdict.refused) return refused(verdict.refused);
  return (vcpu && decide({ vm, vcpu })) ?? refused('ENXIO');
}

/** KVM_SET_DEVICE_ATTR on a vCPU. A group or attribute that is not known or not supported is ENXIO. */
export const setVcpuAttr: Decider<'set_vcpu_attr', Aarch64Vm> = (vm, { vcpu, group, payload, ...call }) =>
  onVcpu(vm, vcpu, (target) => findAttribute(VCPU_ATTRIBUTE_GROUPS, group, call.attr)?.set?.(target, payload, call));

/** KVM_GET_DEVICE_ATTR on a vCPU. Reply: the attribute's fields. ENXIO as above. */
export const getVcpuAttr: Decider<'get_vcpu_attr', Aarch64Vm> = (vm, { vcpu, group, ...call }) =>
  onVcpu(vm, vcpu, (target) => findAttribute(VCPU_ATTRIBUTE_GROUPS, group, call.attr)?.get?.(target, call));

/** KVM_HAS_DEVICE_ATTR on a vCPU: 0 if the attribute is there, else ENXIO. */
export const hasVcpuAttr: Decider<'has_vcpu_attr', Aarch64Vm> = (vm, { vcpu, group, attr }) =>
  onVcpu(vm, vcpu, (target) => {
    const errno = hasAttribute(VCPU_ATTRIBUTE_GROUPS, target, group, attr);
    return errno ? refused(errno) : done();
  });
