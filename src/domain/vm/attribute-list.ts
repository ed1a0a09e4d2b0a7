import type { Errno } from '../errno.js';
import { attributeList as s390x } from '../s390x/attributes.js';
import type { Arch, Vm } from './state.js';

/** What KVM_HAS_DEVICE_ATTR answers for an attribute that has a name. */
export interface ListedAttribute {
  readonly group: string;
  readonly attribute: string;
  readonly groupNumber: number;
  readonly attributeNumber: bigint;
  readonly ret: number;
  readonly errno?: Errno;
}

/** The attributes of VMs, by architecture. An x86_64 VM has none that the model knows. */
const LISTS = { s390x, x86_64: () => [], aarch64: () => [] } as const satisfies Readonly<Record<Arch, unknown>>;

/** Every attribute of a VM that has a name, in order of numbers, with what HAS would answer. */
export const attributeList = (vm: Vm): ListedAttribute[] => (LISTS[vm.arch] as (vm: Vm) => ListedAttribute[])(vm);
