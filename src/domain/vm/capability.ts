import type { Vm } from './state.js';

/** What KVM_CHECK_EXTENSION answers for a capability of VMs of one architecture. */
export interface Capability<V extends Vm> {
  readonly name: string;
  readonly number: number;
  readonly value: (vm: V) => number;
}

/** A value that does not depend on the VM. */
export const always = (value: number) => (): number => value;
