import { COMMON_COMMANDS, bestVcpu } from './forecast-common.js';
import type { X86LawEvent, X86_VCPU_COMMANDS } from './law-x86.js';
import type { X86Vm } from './state.js';

const onVcpu = (type: (typeof X86_VCPU_COMMANDS)[number]) => (vm: X86Vm) => ({ type, vcpu: bestVcpu(vm) });

/** Every command that an x86_64 VM knows, with the arguments that have the best chance. */
export const X86_COMMANDS = {
  ...COMMON_COMMANDS,
  translate2: onVcpu('translate2'),
  translate2_batch: onVcpu('translate2'),
  translate_legacy: onVcpu('translate_legacy'),
  read_mappings: onVcpu('read_mappings'),
} as const satisfies Readonly<Record<string, (vm: X86Vm) => X86LawEvent>>;
