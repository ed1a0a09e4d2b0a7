import { PAGE_SIZE } from '../../memory/address.js';
import type { S390xVcpu } from '../../s390x/vcpu/vcpu.js';
import { type Folds, eachVcpu, region } from './fold.js';
import type { S390xRegions } from '../law/regions.js';
import type { S390xVm } from '../state.js';

/** The breaking-event address shares storage with the designation of the interface data area, and begins anew. */
const RESET_GBEA = 1n;

/** A vCPU without its secure CPU (kvm_s390_pv_destroy_cpu); one that has none stays as it is. */
function unprotected(vcpu: S390xVcpu): S390xVcpu {
  if (vcpu.sida === undefined) return vcpu;
  const { sida: _, ...rest } = vcpu;
  return { ...rest, registers: { ...rest.registers, gbea: RESET_GBEA } };
}

const unprotect = (changes: Partial<S390xRegions>) => (vm: S390xVm) =>
  region({ protection: 'none', ...changes })(eachVcpu(vm, unprotected));

/** Facts about protected virtualization. */
export const protectionFolds: Folds<
  | 'protection_enabled'
  | 'protection_disabled'
  | 'vcpus_unprotected'
  | 'dump_started'
  | 'dump_completed'
  | 'protection_set_aside'
  | 'aside_destroyed'
  | 'image_unpacked'
> = {
  protection_enabled: (vm) =>
    region({ protection: 'protected' })(eachVcpu(vm, (vcpu) => ({ ...vcpu, sida: new Uint8Array(PAGE_SIZE) }))),
  protection_disabled: unprotect({ aside: 'none' }),
  vcpus_unprotected: (vm) => eachVcpu(vm, unprotected),
  dump_started: region({ protection: 'dumping' }),
  dump_completed: region({ protection: 'protected' }),
  protection_set_aside: unprotect({ aside: 'kept' }),
  aside_destroyed: region({ aside: 'none' }),
  /** The pages are the guest's; what the VMM has in them stays as it was. */
  image_unpacked: (vm) => vm,
};
