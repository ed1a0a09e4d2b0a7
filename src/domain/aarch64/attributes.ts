import { smcccFilter, type SmcccFilterRequest } from '../shapes/aarch64-smccc.js';
import { type AttributeGroup, attribute, findAttribute, hasAttribute, lawful } from '../vm/attribute.js';
import { consult } from '../vm/law/consult.js';
import type { Decider } from '../vm/decider.js';
import { type Decision, done, refused } from '../vm/decision.js';
import type { Aarch64Vm } from '../vm/state.js';
import { isAction } from './smccc-filter.js';

/** One more range of the filter; undefined where the payload cannot be read (kvm_smccc_set_filter). */
function setFilter(vm: Aarch64Vm, request: SmcccFilterRequest | undefined): Decision {
  if (request === undefined || !isAction(request.action)) return lawful(vm, { type: 'set_smccc_filter', request });
  const { base, nrFunctions, action } = request;
  return lawful(vm, { type: 'set_smccc_filter', request, fact: { base, nrFunctions, action } });
}

/** KVM_ARM_VM_SMCCC_CTRL (devices/vm.rst 6; kvm_vm_smccc_has_attr, kvm_vm_smccc_set_attr). `flags` is not looked at. */
const smcccCtrl: AttributeGroup<Aarch64Vm> = {
  name: 'smccc_ctrl',
  number: 0,
  hasEveryNumber: false,
  attributes: [
    attribute({ name: 'smccc_filter', number: 0n, payload: smcccFilter, set: setFilter, has: () => undefined }),
  ],
};

/** Every device attribute of an aarch64 VM, by group (kvm_vm_has_attr, kvm_vm_set_attr). */
export const ATTRIBUTE_GROUPS: readonly AttributeGroup<Aarch64Vm>[] = [smcccCtrl];

/** KVM_SET_DEVICE_ATTR. A group or attribute that is not known is ENXIO. */
export const setDeviceAttr: Decider<'set_device_attr', Aarch64Vm> = (vm, { group, payload, ...call }) =>
  findAttribute(ATTRIBUTE_GROUPS, group, call.attr)?.set?.(vm, payload, call) ?? refused('ENXIO');

/** KVM_GET_DEVICE_ATTR: arm64 has none on the VM, so it is EINVAL like any ioctl that is not known. */
export const getDeviceAttr: Decider<'get_device_attr', Aarch64Vm> = (vm, { type }) => lawful(vm, { type });

/** KVM_HAS_DEVICE_ATTR. 0 if the attribute is there, else ENXIO. */
export const hasDeviceAttr: Decider<'has_device_attr', Aarch64Vm> = (vm, { type, group, attr }) => {
  const errno = consult(vm, { type }).refused ?? hasAttribute(ATTRIBUTE_GROUPS, vm, group, attr);
  return errno ? refused(errno) : done();
};
