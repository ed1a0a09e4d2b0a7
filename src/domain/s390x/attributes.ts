import { ERRNO, type Errno } from '../errno.js';
import { consult } from '../vm/consult.js';
import type { Decider } from '../vm/decider.js';
import { done, refused } from '../vm/decision.js';
import type { ListedAttribute } from '../vm/attribute-list.js';
import type { S390xVm } from '../vm/state.js';
import type { Attribute, AttributeGroup } from './attribute.js';
import { cpuModel } from './attributes-cpu-model.js';
import { cpuTopology } from './attributes-cpu-topology.js';
import { crypto } from './attributes-crypto.js';
import { memCtrl } from './attributes-mem-ctrl.js';
import { migration } from './attributes-migration.js';
import { tod } from './attributes-tod.js';

/** Every device attribute of an s390x VM, by group (devices/vm.rst; kvm_s390_vm_set_attr, _get_attr, _has_attr). */
export const ATTRIBUTE_GROUPS: readonly AttributeGroup[] = [memCtrl, tod, crypto, cpuModel, migration, cpuTopology];

const groupOf = (group: string | number): AttributeGroup | undefined =>
  ATTRIBUTE_GROUPS.find(({ name, number }) => group === name || group === number);

const attributeOf = (group: AttributeGroup | undefined, attr: string | bigint): Attribute | undefined =>
  group?.attributes.find(({ name, number }) => attr === name || attr === number) ??
  (group?.othersByNumber && typeof attr === 'string' ? undefined : group?.others);

/** What of the outside a call of an attribute takes. */
export const outerOf = (group: string | number, attr: string | bigint) => attributeOf(groupOf(group), attr)?.takes;

/** KVM_SET_DEVICE_ATTR. A group or attribute that is not known or cannot be set is ENXIO. */
export const setDeviceAttr: Decider<'set_device_attr'> = (vm, { group, payload, ...call }) =>
  attributeOf(groupOf(group), call.attr)?.set?.(vm, payload, call) ?? refused('ENXIO');

/** KVM_GET_DEVICE_ATTR. Reply: the attribute's fields. A group or attribute that is not known or cannot be read is ENXIO. */
export const getDeviceAttr: Decider<'get_device_attr'> = (vm, { type, group, ...call }) => {
  const verdict = consult(vm, { type });
  if (verdict.refused) return refused(verdict.refused);
  return attributeOf(groupOf(group), call.attr)?.get?.(vm, call) ?? refused('ENXIO');
};

function hasAttribute(vm: S390xVm, group: AttributeGroup | undefined, attr: string | bigint): Errno | undefined {
  const found = attributeOf(group, attr);
  if (found !== undefined) return found.has(vm);
  return group?.hasEveryNumber && typeof attr === 'bigint' ? undefined : 'ENXIO';
}

/** KVM_HAS_DEVICE_ATTR. Reply: nothing; 0 if the attribute is there, else ENXIO. */
export const hasDeviceAttr: Decider<'has_device_attr'> = (vm, { type, group, attr }) => {
  const verdict = consult(vm, { type });
  const errno = verdict.refused ?? hasAttribute(vm, groupOf(group), attr);
  return errno ? refused(errno) : done();
};

/** Every attribute that has a name, in order of numbers, with what HAS would answer. */
export const attributeList = (vm: S390xVm): ListedAttribute[] =>
  ATTRIBUTE_GROUPS.flatMap((group) =>
    group.attributes.map(({ name, number, has }) => {
      const errno = has(vm);
      const row = { group: group.name, attribute: name, groupNumber: group.number, attributeNumber: number };
      return errno ? { ...row, ret: -ERRNO[errno], errno } : { ...row, ret: 0 };
    }),
  );
