import type { Deciders } from '../vm/decider.js';
import type { Aarch64Vm } from '../vm/state.js';
import { setAarch64Registers } from './registers.js';

/** Who decides what aarch64 VMs alone know. */
export const aarch64Deciders = {
  set_aarch64_registers: setAarch64Registers,
} as const satisfies Deciders<Aarch64Vm>;
