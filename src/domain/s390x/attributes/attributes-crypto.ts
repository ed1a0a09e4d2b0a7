import type { S390xVm } from '../../vm/state.js';
import { type Attribute, type AttributeGroup, NO_PAYLOAD, attribute, lawful } from '../../vm/attribute.js';
import type { WrappedAlgorithm } from '../model/crypto.js';
import { machineOf } from '../model/machine.js';

/** Turns key wrapping of an algorithm on, with a new key at every call, or off. HAS does not ask for the facility. */
const keyWrapping = (number: bigint, algorithm: WrappedAlgorithm, enabled: boolean): Attribute =>
  attribute({
    name: `${enabled ? 'enable' : 'disable'}_${algorithm}_kw`,
    number,
    payload: NO_PAYLOAD,
    set: (vm, _, { wrappingKey }) => {
      const key = enabled && wrappingKey !== undefined ? { fingerprint: wrappingKey } : {};
      return lawful(vm, { type: 'set_key_wrapping', fact: { algorithm, enabled, ...key } });
    },
    has: () => undefined,
    ...(enabled && { takes: `${algorithm}_wrapping_key` as const }),
  });

const hasAp = ({ host }: S390xVm) => (machineOf(host).apInstructions ? undefined : 'ENXIO');

/** Turns interpretation of AP instructions on or off. SET without them is EOPNOTSUPP, HAS is ENXIO. */
const apInterpretation = (number: bigint, enabled: boolean): Attribute =>
  attribute({
    name: `${enabled ? 'enable' : 'disable'}_apie`,
    number,
    payload: NO_PAYLOAD,
    set: (vm) => lawful(vm, { type: 'set_ap_interpretation', fact: { enabled } }),
    has: hasAp,
  });

/** KVM_S390_VM_CRYPTO (devices/vm.rst 4; kvm_s390_vm_set_crypto). Nothing of it can be read. */
export const crypto: AttributeGroup = {
  name: 'crypto',
  number: 2,
  hasEveryNumber: false,
  attributes: [
    keyWrapping(0n, 'aes', true),
    keyWrapping(1n, 'dea', true),
    keyWrapping(2n, 'aes', false),
    keyWrapping(3n, 'dea', false),
    apInterpretation(4n, true),
    apInterpretation(5n, false),
  ],
};
