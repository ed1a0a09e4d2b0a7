import { consult } from '../../vm/law/consult.js';
import type { Decider } from '../../vm/decider.js';
import { done, refused } from '../../vm/decision.js';
import { type AttributeGroup, findAttribute, hasAttribute } from '../../vm/attribute.js';
import { cpuModel } from './attributes-cpu-model.js';
import { cpuTopology } from './attributes-cpu-topology.js';
import { crypto } from './attributes-crypto.js';
import { memCtrl } from './attributes-mem-ctrl.js';
import { migration } from './attributes-migration.js';
import { tod } from './attributes-tod.js';

/** Every device attribute of an s390x VM, by group (devices/vm.rst; kvm_s390_vm_set_attr, _get_attr, _has_attr). */
export const ATTRIBUTE_GROUPS: readonly AttributeGroup[] = [memCtrl, tod, crypto, cpuModel, migration, cpuTopology];

/** What of the outside a call of an attribute takes. */
export const outerOf = (group: string | number, attr: string | bigint) =>
  findAttribute(ATTRIBUTE_GROUPS, group, attr)?.takes;

/** KVM_SET_DEVICE_ATTR. A group or attribute that is not known or cannot be set is ENXIO. */
export const setDeviceAttr: Decider<'set_device_attr'> = (vm, { group, payload, ...call }) =>
  findAttribute(ATTRIBUTE_GROUPS, group, call.attr)?.set?.(vm, payload, call) ?? refused('ENXIO');

/** KVM_GET_DEVICE_ATTR. Reply: the attribute's fields. A group or attribute that is not known or cannot be read is ENXIO. */
export const getDeviceAttr: Decider<'get_device_attr'> = (vm, { type, group, ...call }) => {
  const verdict = consult(vm, { type });
  if (verdict.refused) return refused(verdict.refused);
  return findAttribute(ATTRIBUTE_GROUPS, group, call.attr)?.get?.(vm, call) ?? refused('ENXIO');
};

/** KVM_HAS_DEVICE_ATTR. Reply: nothing; 0 if the attribute is there, else ENXIO. */
export const hasDeviceAttr: Decider<'has_device_attr'> = (vm, { type, group, attr }) => {
  const verdict = consult(vm, { type });
  const errno = verdict.refused ?? hasAttribute(ATTRIBUTE_GROUPS, vm, group, attr);
  return errno ? refused(errno) : done();
};
