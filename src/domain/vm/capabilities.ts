import { CAPABILITIES as aarch64 } from '../aarch64/capabilities.js';
import { CAPABILITIES as s390x } from '../s390x/model/capabilities.js';
import { CAPABILITIES as x86_64 } from '../x86_64/model/capabilities.js';
import type { Capability } from './capability.js';
import type { Arch, Vm } from './state.js';

/** The capabilities that have a name, by architecture. */
const CAPABILITIES = { s390x, x86_64, aarch64 } as const satisfies Readonly<Record<Arch, readonly object[]>>;

/** The capabilities of a VM that have a name, in order of numbers. */
export const capabilitiesOf = <V extends Vm>({ arch }: V): readonly Capability<V>[] =>
  CAPABILITIES[arch] as readonly Capability<Vm>[];

/** KVM_CHECK_EXTENSION on the VM: 0 for a name or number that is not known. */
export const checkExtension = (vm: Vm, key: string | number): number =>
  capabilitiesOf(vm)
    .find(({ name, number }) => name === key || number === key)
    ?.value(vm) ?? 0;
