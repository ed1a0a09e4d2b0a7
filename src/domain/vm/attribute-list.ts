import { ATTRIBUTE_GROUPS as aarch64 } from '../aarch64/attributes.js';
import { ATTRIBUTE_GROUPS as s390x } from '../s390x/attributes/attributes.js';
import { type AttributeGroup, type ListedAttribute, listAttributes } from './attribute.js';
import type { Arch, Vm } from './state.js';

/** The attributes of VMs, by architecture. An x86_64 VM has none that the model knows. */
const GROUPS = { s390x, x86_64: [], aarch64 } as const satisfies Readonly<Record<Arch, readonly object[]>>;

/** Every attribute of a VM that has a name, in order of numbers, with what HAS would answer. */
export const attributeList = (vm: Vm): ListedAttribute[] =>
  listAttributes(GROUPS[vm.arch] as unknown as readonly AttributeGroup<Vm>[], vm);
