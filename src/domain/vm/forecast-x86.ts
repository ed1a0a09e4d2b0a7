import { COMMON_COMMANDS } from './forecast-common.js';
import type { X86LawEvent } from './law-x86.js';
import type { X86Vm } from './state.js';

/** Every command that an x86_64 VM knows, with the arguments that have the best chance. */
export const X86_COMMANDS = {
  ...COMMON_COMMANDS,
} as const satisfies Readonly<Record<string, (vm: X86Vm) => X86LawEvent>>;
