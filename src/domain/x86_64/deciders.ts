import type { Deciders } from '../vm/decider.js';
import type { X86Vm } from '../vm/state.js';
import { setX86Registers } from './registers.js';
import { readMappings, translate2, translate2Batch, translateLegacy } from './translate.js';

/** Who decides what x86_64 VMs alone know. */
export const x86Deciders = {
  set_x86_registers: setX86Registers,
  translate2,
  translate2_batch: translate2Batch,
  translate_legacy: translateLegacy,
  read_mappings: readMappings,
} as const satisfies Deciders<X86Vm>;
