import { PAGE_SIZE } from '../memory/address.js';
import type { S390xVcpu } from '../s390x/vcpu.js';
import { type Folds, eachVcpu, region } from './fold.js';
import type { Regions, Vm } from './state.js';

const unprotected = ({ id, mpState, registers, pending }: S390xVcpu): S390xVcpu => ({
  id,
  mpState,
  registers,
  pending,
});

const unprotect = (changes: Partial<Regions>) => (vm: Vm) =>
  region({ protection: 'none', ...changes })(eachVcpu(vm, unprotected));

/** Facts about protected virtualization. */
export const protectionFolds: Folds<
  | 'protection_enabled'
  | 'protection_disabled'
  | 'dump_started'
  | 'dump_completed'
  | 'protection_set_aside'
  | 'aside_destroyed'
> = {
  protection_enabled: (vm) =>
    region({ protection: 'protected' })(eachVcpu(vm, (vcpu) => ({ ...vcpu, sida: new Uint8Array(PAGE_SIZE) }))),
  protection_disabled: unprotect({ aside: 'none' }),
  dump_started: region({ protection: 'dumping' }),
  dump_completed: region({ protection: 'protected' }),
  protection_set_aside: unprotect({ aside: 'kept' }),
  aside_destroyed: region({ aside: 'none' }),
};
