import { COMMON_COMMANDS } from './forecast-common.js';
import type { Aarch64LawEvent } from './law-aarch64.js';
import type { Aarch64Vm } from './state.js';

/** Every command that an aarch64 VM knows, with the arguments that have the best chance. */
export const AARCH64_COMMANDS = {
  ...COMMON_COMMANDS,
} as const satisfies Readonly<Record<string, (vm: Aarch64Vm) => Aarch64LawEvent>>;
