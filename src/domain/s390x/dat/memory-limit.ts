import { documented } from '../../vm/semantics.js';
import type { S390xVm } from '../../vm/state.js';
import { SPAN, type TopTable, topTableFor } from './address-space.js';

/** KVM_S390_NO_MEM_LIMIT. */
export const NO_MEM_LIMIT = (1n << 64n) - 1n;

const SEGMENT = 1n << 20n;

/** The machine's ceiling: highest guest address + 1; a UCONTROL VM has none (kvm_arch_init_vm). */
export const memLimit = (vm: S390xVm): bigint => (vm.vmType === 'ucontrol' ? NO_MEM_LIMIT : vm.host.maxGuestMemory);

/** The guest's top table: what the last SET MEM_LIMIT_SIZE chose, at first what the ceiling needs (kvm_arch_init_vm). */
export const topTableOf = (vm: S390xVm): TopTable => vm.topTable ?? topTableFor(memLimit(vm));

/**
 * What GET MEM_LIMIT_SIZE answers: by the documents the limit in force, which is what the guest's top table covers but never
 * more than the ceiling; in the code always the ceiling (devices/vm.rst 1.3; kvm_s390_get_mem_control).
 */
export function limitRead(vm: S390xVm): bigint {
  const ceiling = memLimit(vm);
  if (vm.topTable === undefined || !documented(vm, 'limitSizeReadsBack')) return ceiling;
  return SPAN[vm.topTable] <= ceiling ? SPAN[vm.topTable] : ceiling;
}

/**
 * The limit that SET MEM_LIMIT_SIZE means by a payload: rounded up to 1 MiB in 64 bits, so that the highest values become 0
 * (gmap_set_limit); by the documents U64_MAX stays as it is and means no limit (devices/vm.rst 1.3).
 */
export function limitWanted(vm: S390xVm, payload: bigint): bigint {
  if (payload === NO_MEM_LIMIT && documented(vm, 'limitSizeNoLimit')) return NO_MEM_LIMIT;
  return BigInt.asUintN(64, (payload + SEGMENT - 1n) & -SEGMENT);
}
